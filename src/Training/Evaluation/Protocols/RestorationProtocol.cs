using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Evaluation.Metrics;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Evaluation.Protocols;

/// <summary>
/// Blur, noise and watermarks taken away (the paper's table 5): one item a pair, at the pictures' own size (GoPro 1280 × 720; SIDD and CLWD
/// 256 × 256), of pictures above a megapixel the middle. A canvas needs multiples of 64, so edges are extended and cut off again
/// before anything is measured.
/// </summary>
internal sealed class RestorationProtocol : IProtocol
{
    private readonly PairDataset _dataset;
    private readonly PerceptualDistance? _perceptual;
    private readonly int _resolution;
    private readonly long _seed;

    private RestorationProtocol(PairDataset dataset, PerceptualDistance? perceptual, int resolution, long seed)
    {
        _dataset = dataset;
        _perceptual = perceptual;
        _resolution = resolution;
        _seed = seed;
        Task = dataset.Pairs.TextOf(0).Task;
    }

    /// <inheritdoc/>
    public string Task { get; }

    /// <inheritdoc/>
    public string Fingerprint => _dataset.Fingerprint;

    /// <inheritdoc/>
    public int Count => (int)Math.Min(_dataset.Count, int.MaxValue);

    /// <summary>Opens GoPro, REDS, SIDD or CLWD.</summary>
    /// <param name="opening">What and where.</param>
    /// <param name="perceptual">LPIPS, or null.</param>
    /// <param name="seed">Of the phrasings.</param>
    /// <exception cref="DatasetException">It is missing or malformed.</exception>
    public static RestorationProtocol Open(DatasetOpening opening, PerceptualDistance? perceptual, long seed) =>
        new((PairDataset)DatasetFactory.Open(opening), perceptual, opening.Resolution, seed);

    /// <inheritdoc/>
    public string PictureOf(int index) => _dataset.Pairs.NameOf(index);

    /// <inheritdoc/>
    public ProtocolItem Read(int index)
    {
        (RgbImage source, RgbImage target) = Framed(index);
        var phrasing = new CounterRandom(_seed, RandomPurpose.Phrasing, index);
        string words = _dataset.Pairs.TextOf(index).Word(ref phrasing);
        return new ProtocolItem([
            new ProtocolPart(PictureFraming.Extend(source), PictureFraming.Extend(target), words),
        ]);
    }

    /// <inheritdoc/>
    /// <returns>PSNR, SSIM and LPIPS (NaN without it, or where the picture is too small).</returns>
    public double[] Measure(int index, ProtocolItem item, IReadOnlyList<ProtocolAnswer> answers)
    {
        RgbImage target = Framed(index).Target;
        RgbImage answer = PictureParts.Crop(answers[0].Picture, 0, 0, target.Width, target.Height);
        int shortSide = Math.Min(target.Width, target.Height);
        return
        [
            PictureNoise.Psnr(target, answer),
            shortSide >= StructuralSimilarity.Window ? StructuralSimilarity.Of(target, answer) : double.NaN,
            _perceptual is null || shortSide < PerceptualDistance.LeastSide
                ? double.NaN
                : _perceptual.Of(target, answer),
        ];
    }

    /// <inheritdoc/>
    public RgbImage? ReadOut(ProtocolItem item, int part, ProtocolAnswer answer) => null;

    /// <inheritdoc/>
    public IReadOnlyList<ProtocolFigure> FiguresOf(IReadOnlyList<int> items)
    {
        ProtocolFigure[] pixels =
        [
            ProtocolFigure.Mean(FigureKind.Psnr, items.Count, column: 0),
            ProtocolFigure.Mean(FigureKind.Ssim, items.Count, column: 1),
        ];
        return _perceptual is null
            ? pixels
            : [.. pixels, ProtocolFigure.Mean(FigureKind.Lpips, items.Count, column: 2)];
    }

    private (RgbImage Source, RgbImage Target) Framed(int index)
    {
        (RgbImage source, RgbImage target) = _dataset.Pairs.PicturesOf(index);
        return PictureFraming.AtOwnSize(source, target, _resolution);
    }
}
