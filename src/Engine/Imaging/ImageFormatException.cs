namespace InstructDiffusion.Engine.Imaging;

/// <summary>Bytes that should have been a picture are not one that can be used. The message is fit to show to whoever sent them.</summary>
public sealed class ImageFormatException(ImageFormatErrorKind kind, string message, Exception? innerException = null)
    : Exception(message, innerException)
{
    /// <summary>Why, for callers that answer each reason differently.</summary>
    public ImageFormatErrorKind Kind { get; } = kind;
}
