using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Vision;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring;

/// <summary>
/// Pictures and texts as CLIP's vectors, of length 1, whose products <see cref="ClipSimilarity"/> makes scores of. Belongs to the
/// thread that uses it, as every model.
/// </summary>
/// <remarks>
/// Pictures are prepared as transformers' CLIPImageProcessor does. The released InstructPix2Pix metrics resize without it: bicubic
/// without smoothing, and the whole picture instead of its middle square.
/// </remarks>
internal sealed class ClipScores : IDisposable
{
    // Rows in one pass, which bounds the memory.
    private const int BatchSize = 32;

    private readonly ClipModel _model;
    private readonly ClipTokenizer _tokenizer;
    private readonly ClipImagePreprocessor _preprocessor;
    private readonly Device _device;

    /// <summary>Takes ownership of a model.</summary>
    /// <param name="model">In fp32, in inference mode.</param>
    /// <param name="tokenizer">The model's own.</param>
    public ClipScores(ClipModel model, ClipTokenizer tokenizer)
    {
        _model = model;
        _tokenizer = tokenizer;
        _preprocessor = new ClipImagePreprocessor(model.Config.Vision.ImageSize);
        _device = model.parameters().First().device;
    }

    /// <summary>Features of a vector.</summary>
    public int Size => _model.Config.ProjectionSize;

    /// <summary>Opens a CLIP; the errors are those of <see cref="ClipFolder.Load"/>.</summary>
    /// <param name="folder">As transformers saves it.</param>
    /// <param name="device"><c>cpu</c>, <c>cuda</c> or <c>cuda:N</c>.</param>
    /// <param name="cancellationToken">Looked at before each tensor.</param>
    public static ClipScores Open(string folder, string device, CancellationToken cancellationToken)
    {
        (ClipModel model, ClipTokenizer tokenizer) = ClipFolder.Load(folder, device, cancellationToken);
        return new ClipScores(model, tokenizer);
    }

    /// <summary>Pictures as vectors.</summary>
    /// <param name="pictures">At least one, of any sizes.</param>
    /// <param name="cancellationToken">Looked at before each batch.</param>
    /// <returns>fp32 [B, <see cref="Size"/>] on the CPU, rows of length 1, owned by the caller.</returns>
    /// <exception cref="ScoringException">The model gives NaN, infinity or nothing for a picture.</exception>
    /// <exception cref="ArgumentException">No picture, or one that is a mere line.</exception>
    public Tensor OfPictures(IReadOnlyList<RgbImage> pictures, CancellationToken cancellationToken = default) =>
        Embed(pictures, batch => _model.ImageEmbeds(_preprocessor.Preprocess(batch).to(_device)), cancellationToken);

    /// <summary>Texts as vectors. What of a text is beyond the model's length (77 tokens) is cut off, as CLIP does.</summary>
    /// <param name="texts">At least one.</param>
    /// <param name="cancellationToken">Looked at before each batch.</param>
    /// <returns>fp32 [B, <see cref="Size"/>] on the CPU, rows of length 1, owned by the caller.</returns>
    /// <exception cref="ScoringException">The model gives NaN, infinity or nothing for a text.</exception>
    /// <exception cref="ArgumentException">No text, or one above <see cref="ClipTokenizer.MaxTextLength"/>.</exception>
    public Tensor OfTexts(IReadOnlyList<string> texts, CancellationToken cancellationToken = default) =>
        Embed(texts, batch => _model.TextEmbeds(Tokens(batch)), cancellationToken);

    /// <inheritdoc/>
    public void Dispose() => _model.Dispose();

    private static Tensor Embed<T>(IReadOnlyList<T> items, Func<T[], Tensor> embed, CancellationToken cancellationToken)
    {
        if (items.Count == 0)
        {
            throw new ArgumentException("items: expected at least one", nameof(items));
        }
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var parts = new List<Tensor>();
        foreach (T[] batch in items.Chunk(BatchSize))
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var step = NewDisposeScope();
            parts.Add(ClipModel.Normalize(embed(batch)).cpu().MoveToOuterDisposeScope());
        }
        Tensor all = cat(parts, 0);
        return PixelTensors.IsFinite(all)
            ? all.MoveToOuterDisposeScope()
            : throw new ScoringException("CLIP gives NaN, infinity or a vector without length");
    }

    private Tensor Tokens(string[] texts)
    {
        int length = _model.Config.Text.MaxTokens;
        long[] ids = [.. texts.SelectMany(text => _tokenizer.Encode(text, length).Ids)];
        return tensor(ids, [texts.Length, length]).to(_device);
    }
}
