using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Imaging;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// What edits of one model have in common: states of texts and latents of source pictures. Belongs to one model, and to the
/// thread that uses it.
/// </summary>
public sealed class ConditioningCache : IDisposable
{
    private readonly TensorCache<ContentHash> _texts;
    private readonly TensorCache<SourceKey> _sources;

    /// <summary>An empty cache.</summary>
    /// <param name="textBytes">Most bytes of text states; 0 keeps none. A text of Stable Diffusion 1 takes 236,544.</param>
    /// <param name="sourceBytes">Most bytes of source latents; 0 keeps none. A canvas of 512x512 takes 65,536.</param>
    public ConditioningCache(long textBytes, long sourceBytes)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(textBytes);
        ArgumentOutOfRangeException.ThrowIfNegative(sourceBytes);
        _texts = new TensorCache<ContentHash>(textBytes);
        _sources = new TensorCache<SourceKey>(sourceBytes);
    }

    /// <summary>Text states. Any thread may ask.</summary>
    public TensorCacheUsage Texts => _texts.Usage;

    /// <summary>Source latents. Any thread may ask.</summary>
    public TensorCacheUsage Sources => _sources.Usage;

    /// <summary>Frees every tensor, on the thread that used the cache.</summary>
    public void Dispose()
    {
        _texts.Dispose();
        _sources.Dispose();
    }

    /// <summary>The states of a text.</summary>
    /// <param name="ids">Its tokens: all that the text encoder sees of it.</param>
    /// <param name="encode">Computes them.</param>
    /// <returns>[1, L, D], owned by the caller, not to be changed in place.</returns>
    internal Tensor TextStates(ReadOnlySpan<long> ids, Func<Tensor> encode) =>
        _texts.Usage.Capacity == 0 ? encode() : _texts.Get(ContentHash.Of(MemoryMarshal.AsBytes(ids)), encode);

    /// <summary>The latents of a picture on a canvas.</summary>
    /// <param name="image">The picture.</param>
    /// <param name="canvas">How it is laid out.</param>
    /// <param name="encode">Computes them.</param>
    /// <returns>[1, 4, h, w], owned by the caller, not to be changed in place.</returns>
    internal Tensor SourceLatents(RgbImage image, EditCanvas canvas, Func<Tensor> encode) =>
        _sources.Usage.Capacity == 0
            ? encode()
            : _sources.Get(new SourceKey(image.Content, canvas.Size, canvas.Placement), encode);

    /// <summary>The states of a text, as from <see cref="TextStates"/>; null when they are not remembered.</summary>
    internal Tensor? FindText(ReadOnlySpan<long> ids) =>
        _texts.Usage.Capacity == 0 ? null : _texts.Find(ContentHash.Of(MemoryMarshal.AsBytes(ids)));

    /// <summary>The latents of a picture on a canvas, as from <see cref="SourceLatents"/>; null when they are not remembered.</summary>
    internal Tensor? FindSource(RgbImage image, EditCanvas canvas) =>
        _sources.Usage.Capacity == 0
            ? null
            : _sources.Find(new SourceKey(image.Content, canvas.Size, canvas.Placement));

    private readonly record struct SourceKey(ContentHash Image, ImageSize Canvas, CanvasPlacement Placement);
}
