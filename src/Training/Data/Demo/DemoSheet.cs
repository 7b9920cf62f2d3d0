using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>A sheet of pairs, source beside target, the instruction below: to look at before anything is trained.</summary>
internal sealed class DemoSheet(DemoFolder folder, DemoSplit split, int resolution, long seed, int count)
{
    private const int Columns = 4;
    private const int Gap = 4;
    private const int LineHeight = BitmapFont.Height + 2;
    private const int Lines = 3;

    /// <summary>Every pixel of a picture becomes so many: small pictures are hard to see.</summary>
    private int Zoom => Math.Max(1, 160 / resolution);

    private int Side => resolution * Zoom;

    private int CellWidth => 2 * Side + 2 * Gap;

    private int CellHeight => Side + Lines * LineHeight + 2 * Gap;

    /// <summary>Draws the sheet as a PNG file.</summary>
    /// <param name="task">Only this task; null for all; <c>caption</c> for captioned pictures.</param>
    public byte[] Draw(string? task)
    {
        int rows = (count + Columns - 1) / Columns;
        int width = Columns * CellWidth;
        byte[] canvas = new byte[width * rows * CellHeight * 3];
        canvas.AsSpan().Fill(255);
        int index = 0;
        foreach ((RgbImage? source, RgbImage target, string words) in Pairs(task))
        {
            int left = index % Columns * CellWidth + Gap;
            int top = index / Columns * CellHeight + Gap;
            if (source is not null)
            {
                Paste(canvas, width, source, left, top);
            }
            Paste(canvas, width, target, left + Side + Gap / 2, top);
            Write(canvas, width, words, left, top + Side + 2);
            index++;
        }
        return ImageCodec.Encode(new RgbImage(width, rows * CellHeight, canvas), ImageFileFormat.Png);
    }

    private IEnumerable<(RgbImage? Source, RgbImage Target, string Words)> Pairs(string? task)
    {
        if (string.Equals(task, DemoCaptionDataset.Task, StringComparison.Ordinal))
        {
            var captions = new DemoCaptionDataset(folder, split, resolution, seed, count);
            for (long i = 0; i < count; i++)
            {
                CounterRandom phrasing = PhrasingOf(i);
                EditSample picture = captions.Read(i, phrasing, phrasing);
                yield return (null, picture.Target, picture.Instruction);
            }
            yield break;
        }
        Dictionary<string, double>? weights = task is null ? null : new(StringComparer.Ordinal) { [task] = 1 };
        var pairs = new DemoDataset(folder, split, resolution, seed, count, weights);
        for (long i = 0; i < count; i++)
        {
            CounterRandom phrasing = PhrasingOf(i);
            EditSample sample = pairs.Read(i, phrasing, phrasing);
            yield return (sample.Source, sample.Target, sample.Instruction);
        }
    }

    private CounterRandom PhrasingOf(long index) => new(seed, RandomPurpose.Phrasing, index);

    private void Paste(byte[] canvas, int width, RgbImage picture, int left, int top)
    {
        for (int y = 0; y < Side; y++)
        {
            for (int x = 0; x < Side; x++)
            {
                ReadOnlySpan<byte> pixel = picture.Pixels.Slice((y / Zoom * resolution + x / Zoom) * 3, 3);
                pixel.CopyTo(canvas.AsSpan(((top + y) * width + left + x) * 3));
            }
        }
    }

    private void Write(byte[] canvas, int width, string words, int left, int top)
    {
        int perLine = (2 * Side) / BitmapFont.Advance;
        int line = 0;
        string rest = words;
        while (rest.Length > 0 && line < Lines)
        {
            int cut = rest.Length <= perLine ? rest.Length : rest.LastIndexOf(' ', perLine);
            cut = cut <= 0 ? perLine : cut;
            string part = rest[..cut];
            for (int y = 0; y < BitmapFont.Height; y++)
            {
                for (int x = 0; x < BitmapFont.WidthOf(part); x++)
                {
                    if (BitmapFont.HasDot(part, x, y))
                    {
                        canvas.AsSpan(((top + line * LineHeight + y) * width + left + x) * 3, 3).Clear();
                    }
                }
            }
            rest = rest[cut..].TrimStart();
            line++;
        }
    }
}
