namespace InstructDiffusion.Cli;

/// <summary>What the process answers to the shell.</summary>
internal static class ExitCode
{
    public const int Success = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>128 + SIGINT, as shells report a program stopped by Ctrl-C.</summary>
    public const int Cancelled = 130;
}
