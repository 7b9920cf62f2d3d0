namespace InstructDiffusion.Engine.Weights;

/// <summary>A file is not the checkpoint it claims to be: truncated, inconsistent, hostile or of an unsupported kind.</summary>
public sealed class CheckpointFormatException : Exception
{
    /// <summary>Says which file and what is wrong with it.</summary>
    /// <param name="file">The file or folder, as the user named it.</param>
    /// <param name="problem">What is wrong, with names and values, as the end of a sentence.</param>
    /// <param name="inner">The error underneath, if any.</param>
    public CheckpointFormatException(string file, string problem, Exception? inner = null)
        : base($"{file}: {problem}", inner)
    {
        File = file;
        Problem = problem;
    }

    /// <summary>The file or folder.</summary>
    public string File { get; }

    /// <summary>What is wrong with it.</summary>
    public string Problem { get; }
}
