using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// Picked candidates as training pairs: each chosen picture is a target for its source (specification 3.3). Alignment is plain
/// supervised fine-tuning on them; nothing else differs from the stage before. Pictures are squashed to the training resolution
/// as the authors' editing loaders do.
/// </summary>
public sealed class PicksDataset : IEditDataset
{
    private readonly string _folder;
    private readonly int _resolution;
    private readonly double _flipProbability;
    private readonly (PickedItem Item, PickedPicture Picture)[] _pairs;

    /// <summary>Reads the export, no picture yet.</summary>
    /// <param name="path">The export (<c>picks.json</c>), or the folder that holds it; pictures lie beside it.</param>
    /// <param name="resolution">Side of the training pictures in pixels, at least 8.</param>
    /// <param name="flipProbability">
    /// How often a pair is mirrored, 0…1; never one whose instruction says left or right.
    /// </param>
    /// <exception cref="AlignmentException">The export is missing, damaged or empty; names the field.</exception>
    /// <exception cref="ArgumentOutOfRangeException">Resolution or probability out of range.</exception>
    public PicksDataset(string path, int resolution, double flipProbability = 0.5)
    {
        ArgumentNullException.ThrowIfNull(path);
        ArgumentOutOfRangeException.ThrowIfLessThan(resolution, 8);
        if (!(flipProbability is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(
                nameof(flipProbability),
                $"flipProbability: expected 0…1, got {flipProbability}"
            );
        }
        string file = Directory.Exists(path) ? Path.Combine(path, PicksExport.FileName) : path;
        byte[] bytes = AlignmentJson.ReadBytes(file, AlignmentJson.MaxFileBytes);
        var picks = AlignmentJson.Read<Picks>(file, bytes);
        Check(file, picks);
        (_folder, _resolution, _flipProbability) = (
            Path.GetDirectoryName(Path.GetFullPath(file))!,
            resolution,
            flipProbability
        );
        _pairs = [.. picks.Items.SelectMany(item => item.Chosen.Select(picture => (item, picture)))];
        if (_pairs.Length == 0)
        {
            throw new AlignmentException($"{file}: items: nothing was picked, so there is nothing to train on");
        }
        // The export holds the hash of every picture, so its own hash stands for them all.
        Fingerprint = $"picks {PictureFile.HashOf(bytes)} {resolution} flip {flipProbability}";
    }

    /// <inheritdoc/>
    public string Name => "picks";

    /// <inheritdoc/>
    public long Count => _pairs.Length;

    /// <inheritdoc/>
    public string Fingerprint { get; }

    /// <inheritdoc/>
    public EditSample Read(long index, CounterRandom augmentation, CounterRandom phrasing)
    {
        (PickedItem item, PickedPicture picture) = _pairs[index];
        RgbImage source = PictureFile.Read(Path.Combine(_folder, item.Source), item.SourceSha256);
        RgbImage target = PictureFile.Read(Path.Combine(_folder, picture.File), picture.Sha256);
        bool isMirrored = augmentation.Chance(_flipProbability) && !SideWords.Names(item.Instruction);
        return new EditSample(Fit(source, isMirrored), Fit(target, isMirrored), item.Instruction, item.Task);
    }

    /// <inheritdoc/>
    public (string Instruction, string Task) Describe(long index, CounterRandom augmentation, CounterRandom phrasing) =>
        (_pairs[index].Item.Instruction, _pairs[index].Item.Task);

    private RgbImage Fit(RgbImage image, bool isMirrored)
    {
        RgbImage square = ImageResizer.Resize(image, new ImageSize(_resolution, _resolution), ResizeFilter.Lanczos3);
        return isMirrored ? PictureParts.Mirror(square) : square;
    }

    private static void Check(string file, Picks picks)
    {
        if (picks.Version != Picks.CurrentVersion)
        {
            throw new AlignmentException($"{file}: version: expected {Picks.CurrentVersion}, got {picks.Version}");
        }
        for (int i = 0; i < picks.Items.Count; i++)
        {
            PickedItem item =
                picks.Items[i] ?? throw new AlignmentException($"{file}: items[{i}]: expected an item, got null");
            RequireInside(file, $"items[{i}].source", item.Source);
            if (string.IsNullOrWhiteSpace(item.Instruction))
            {
                throw new AlignmentException($"{file}: items[{i}].instruction: must not be empty");
            }
            for (int k = 0; k < item.Chosen.Count; k++)
            {
                RequireInside(file, $"items[{i}].chosen[{k}].file", item.Chosen[k]?.File);
            }
        }
    }

    /// <summary>An export may come from elsewhere: it names pictures beside itself and nothing else on this machine.</summary>
    private static void RequireInside(string file, string field, string? path)
    {
        bool isInside =
            !string.IsNullOrEmpty(path)
            && !path.Contains('\\', StringComparison.Ordinal)
            && !Path.IsPathRooted(path)
            && path.Split('/').All(part => part is not ("" or "." or ".."));
        if (!isInside)
        {
            throw new AlignmentException($"{file}: {field}: expected a path below the file's folder, got '{path}'");
        }
    }
}
