namespace InstructDiffusion.Engine.Batching;

/// <summary>How far one edit has come.</summary>
/// <param name="Step">Denoising steps done, 1…<paramref name="Of"/>.</param>
/// <param name="Of">Denoising steps in all.</param>
public readonly record struct EditProgress(int Step, int Of);
