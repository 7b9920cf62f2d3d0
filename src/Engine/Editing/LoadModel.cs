namespace InstructDiffusion.Engine.Editing;

/// <summary>Loads the model that an engine serves. Called once, on the engine's thread; the caller disposes the result.</summary>
/// <param name="cancellationToken">Cancelled when the process is stopped while loading.</param>
public delegate LoadedModel LoadModel(CancellationToken cancellationToken);
