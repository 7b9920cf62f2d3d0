namespace InstructDiffusion.Engine.Editing;

/// <summary>A parameter of an edit is out of range; the request can never succeed as it is.</summary>
public sealed class InvalidEditException(string parameter, string reason) : Exception($"{parameter} {reason}")
{
    /// <summary>The parameter's name on the wire, e.g. <c>steps</c>.</summary>
    public string Parameter { get; } = parameter;

    /// <summary>What is wrong with it, without the name.</summary>
    public string Reason { get; } = reason;
}
