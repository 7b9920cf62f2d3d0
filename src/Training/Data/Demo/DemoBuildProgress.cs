namespace InstructDiffusion.Training.Data.Demo;

/// <summary>How far a build is.</summary>
/// <param name="Done">Pictures written or found.</param>
/// <param name="Total">Pictures in all.</param>
/// <param name="File">The last one.</param>
public readonly record struct DemoBuildProgress(int Done, int Total, string File);
