using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Data.Checking;

/// <summary>A sheet of pairs, source beside target, the instruction below: to look at before anything is trained.</summary>
/// <param name="resolution">Side of the pictures, pixels.</param>
/// <param name="pictures">Pictures side by side: two of a pair, or more.</param>
internal sealed class PairSheet(int resolution, int pictures = 2)
{
    private const int Columns = 4;
    private const int Gap = 4;
    private const int LineHeight = BitmapFont.Height + 2;
    private const int Lines = 4;

    private readonly List<(IReadOnlyList<RgbImage> Pictures, string Words)> _cells = [];

    /// <summary>Every pixel of a picture becomes so many: small pictures are hard to see.</summary>
    private int Zoom => Math.Max(1, 160 / resolution);

    private int Side => resolution * Zoom;

    private int CellWidth => pictures * (Side + Gap / 2) + Gap;

    private int CellHeight => Side + Lines * LineHeight + 2 * Gap;

    /// <summary>Adds a pair.</summary>
    public void Add(EditSample sample) => Add([sample.Source, sample.Target], sample.Instruction);

    /// <summary>Adds pictures, each a square of the sheet's resolution.</summary>
    public void Add(IReadOnlyList<RgbImage> squares, string words) => _cells.Add((squares, words));

    /// <summary>Adds a place without pictures that says why.</summary>
    public void AddBroken(string why) => _cells.Add(([], why));

    /// <summary>Draws the sheet as a PNG file.</summary>
    public byte[] Draw()
    {
        int rows = Math.Max(1, (_cells.Count + Columns - 1) / Columns);
        int width = Columns * CellWidth;
        byte[] canvas = new byte[width * rows * CellHeight * 3];
        canvas.AsSpan().Fill(255);
        foreach ((int index, (IReadOnlyList<RgbImage> squares, string words)) in _cells.Index())
        {
            int left = index % Columns * CellWidth + Gap;
            int top = index / Columns * CellHeight + Gap;
            for (int i = 0; i < squares.Count; i++)
            {
                Paste(canvas, width, squares[i], left + i * (Side + Gap / 2), top);
            }
            Write(canvas, width, words, left, top + Side + 2);
        }
        return ImageCodec.Encode(new RgbImage(width, rows * CellHeight, canvas), ImageFileFormat.Png);
    }

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
        int perLine = pictures * Side / BitmapFont.Advance;
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
