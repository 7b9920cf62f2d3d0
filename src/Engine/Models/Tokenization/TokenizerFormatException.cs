namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>A tokenizer's file is missing, malformed, too large or contradicts another one.</summary>
public sealed class TokenizerFormatException(string file, string reason, Exception? cause = null)
    : Exception($"{file}: {reason}", cause)
{
    /// <summary>The file that is wrong, as the user can find it.</summary>
    public string File { get; } = file;
}
