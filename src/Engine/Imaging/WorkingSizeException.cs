namespace InstructDiffusion.Engine.Imaging;

/// <summary>No sensible working size exists for a picture and a resolution. The message is fit to show to whoever sent them.</summary>
public sealed class WorkingSizeException(string message) : Exception(message);
