namespace InstructDiffusion.Server.Load.Servers;

/// <summary>How long the fake engine takes, in milliseconds.</summary>
/// <param name="StepMs">A step, whatever is in it.</param>
/// <param name="RowMs">More for each row of 512x512 pixels.</param>
/// <param name="PrepareMs">Encoding one edit.</param>
/// <param name="FinishMs">Decoding one edit.</param>
internal sealed record FakeSpeed(double StepMs, double RowMs, double PrepareMs, double FinishMs)
{
    /// <summary>No time at all: what is left is the server's own.</summary>
    public static FakeSpeed None { get; } = new(0, 0, 0, 0);
}
