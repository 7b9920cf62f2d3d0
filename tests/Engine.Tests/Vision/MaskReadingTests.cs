using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Vision;

/// <summary>Masks read out of paintings whose truth is known, at the painting's size and at others.</summary>
public sealed class MaskReadingTests
{
    private static readonly PaintColor Red = new(255, 0, 0);

    [Fact]
    public void At_ItsOwnSize_IsThePlainMask()
    {
        RgbImage before = TestImages.Photo(48, 40);
        RgbImage painted = Paintings.Cover(before, Red, 0.5, (x, y) => (x - 20) * (x - 20) + (y - 18) * (y - 18) < 150);

        (PixelMask mask, _) = PaintedMask.ReadPieces(before, painted, Red).At(new ImageSize(48, 40));

        Assert.Equal(PaintedMask.Read(before, painted, Red), mask.Pixels());
    }

    [Theory]
    [InlineData(24, 24)]
    [InlineData(48, 48)]
    [InlineData(72, 72)]
    [InlineData(48, 24)]
    [InlineData(240, 120)]
    public void At_OtherSizes_AHardSquareIsExactButForItsCorners(int width, int height)
    {
        RgbImage before = TestImages.Plain(24, 24, 40, 60, 90);
        RgbImage painted = Paintings.Cover(before, Red, 0.5, InSquare);

        (PixelMask mask, IReadOnlyList<MaskPiece> pieces) = PaintedMask
            .ReadPieces(before, painted, Red)
            .At(new ImageSize(width, height));

        // 6…17 both ways, times the scale: linear interpolation crosses one half on the pixels' sides. The median takes the four
        // corner pixels; within two source pixels of a corner the outline is cut off, elsewhere it is exact.
        (int sx, int sy) = (width / 24, height / 24);
        bool[] found = mask.Pixels();
        for (int i = 0; i < found.Length; i++)
        {
            (int x, int y) = (i % width, i / width);
            bool isNearCorner = NearEnd((x + 0.5) / sx) && NearEnd((y + 0.5) / sy);
            Assert.True(isNearCorner || found[i] == InSquare(x / sx, y / sy), $"{x},{y}");
        }
        Assert.Equal(new PixelBox(6 * sx, 6 * sy, 12 * sx, 12 * sy), mask.Box);
        Assert.Equal(mask.Box, Assert.Single(pieces).Box);
        Assert.Equal(mask.Area, pieces[0].Area);
        Assert.InRange(mask.Area, (144 - 16) * sx * sy, 144 * sx * sy);

        static bool InSquare(int x, int y) => x is >= 6 and < 18 && y is >= 6 and < 18;
        static bool NearEnd(double at) => Math.Min(Math.Abs(at - 6), Math.Abs(at - 18)) < 2;
    }

    [Fact]
    public void At_SoftEdge_CrossesWhereHalfIsPainted()
    {
        // The right half is painted, and the column 11 by a quarter: the true edge lies at 11.75. On sixteen times as many pixels,
        // interpolation between 1/4 at 11.5 and 1 at 12.5 crosses one half at 11.5 + 1/3.
        RgbImage before = TestImages.Plain(24, 24, 0, 0, 0);
        RgbImage painted = Paintings.Cover(
            before,
            new PaintColor(255, 255, 255),
            (x, _) =>
                x < 11 ? 0
                : x == 11 ? 0.125
                : 0.5
        );

        (PixelMask mask, _) = PaintedMask
            .ReadPieces(before, painted, new PaintColor(255, 255, 255))
            .At(new ImageSize(24 * 16, 24));

        // 11.8333 · 16 = 189.33: the first pixel whose centre lies behind it is 189.
        Assert.Equal(189, mask.Box!.Value.X);
        Assert.All(Enumerable.Range(0, 24), y => Assert.Equal([new PixelSpan(189, 384)], mask.Row(y).ToArray()));
    }

    [Fact]
    public void At_SmallerSize_AveragesOverPixels()
    {
        RgbImage before = TestImages.Plain(64, 64, 40, 60, 90);
        RgbImage painted = Paintings.Cover(before, Red, 0.5, (x, y) => x is >= 16 and < 48 && y is >= 16 and < 48);

        (PixelMask mask, _) = PaintedMask.ReadPieces(before, painted, Red).At(new ImageSize(16, 16));

        Assert.Equal(
            PixelMask
                .FromPixels(
                    [.. Enumerable.Range(0, 256).Select(i => i % 16 is >= 4 and < 12 && i / 16 is >= 4 and < 12)],
                    16
                )
                .ToGray(),
            mask.ToGray()
        );
    }

    [Fact]
    public void ReadPieces_TwoSquares_AreTwoWithTheirBoxes()
    {
        RgbImage before = TestImages.Photo(64, 64);
        RgbImage painted = Paintings.Cover(
            before,
            Red,
            0.5,
            (x, y) => (x is >= 4 and < 20 && y is >= 8 and < 24) || (x is >= 40 and < 60 && y is >= 30 and < 40)
        );

        MaskReading reading = PaintedMask.ReadPieces(before, painted, Red);
        (_, IReadOnlyList<MaskPiece> pieces) = reading.At(new ImageSize(128, 64));

        Assert.True(reading.IsFound);
        Assert.Equal([new PixelBox(8, 8, 32, 16), new PixelBox(80, 30, 40, 10)], pieces.Select(piece => piece.Box));
        Assert.All(pieces, piece => Assert.InRange(piece.Confidence, 0.97, 1));
        Assert.InRange(reading.Confidence, 0.97, 1);
    }

    [Fact]
    public void ReadPieces_UntouchedPicture_FindsNothingWithoutConfidence()
    {
        RgbImage before = TestImages.Photo(40, 40);

        MaskReading reading = PaintedMask.ReadPieces(before, before, Red);
        (PixelMask mask, IReadOnlyList<MaskPiece> pieces) = reading.At(new ImageSize(400, 300));

        Assert.False(reading.IsFound);
        Assert.Equal(0, reading.Confidence);
        Assert.Empty(pieces);
        Assert.Equal(0, mask.Area);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void ReadPieces_Noise_FindsNothing(int seed)
    {
        RgbImage before = TestImages.Photo(64, 64);
        byte[] noise = new byte[64 * 64 * 3];
        new Random(seed).NextBytes(noise);

        Assert.False(PaintedMask.ReadPieces(before, new RgbImage(64, 64, noise), Red).IsFound);
    }

    [Fact]
    public void ReadPieces_PictureThatChangedEverywhere_IsLessSure()
    {
        RgbImage before = TestImages.Plain(40, 40, 60, 80, 100);
        RgbImage changed = TestImages.Plain(40, 40, 60, 130, 100); // 50 levels, of 97.6 that half the paint would be
        RgbImage kept = Paintings.Cover(before, Red, 0.5, (x, _) => x < 20);
        RgbImage also = Paintings.Combine(kept, changed, (x, _) => x < 20);

        double sure = PaintedMask.ReadPieces(before, kept, Red).Confidence;
        double unsure = PaintedMask.ReadPieces(before, also, Red).Confidence;

        Assert.Equal(1, sure, 0.01);
        double half = Math.Sqrt(195 * 195 + 80 * 80 + 100 * 100) / 2;
        Assert.Equal(sure * (1 - 50 / half), unsure, 0.01);
    }

    [Fact]
    public void ReadPieces_FaintPaint_IsAsConfidentAsItIsThick()
    {
        RgbImage before = TestImages.Plain(40, 40, 0, 0, 0);

        double thick = PaintedMask.ReadPieces(before, Paintings.Cover(before, Red, 0.5, Left), Red).Confidence;
        double thin = PaintedMask.ReadPieces(before, Paintings.Cover(before, Red, 0.3, Left), Red).Confidence;

        Assert.Equal(1, thick, 0.01);
        Assert.Equal(0.6, thin, 0.01);

        static bool Left(int x, int y) => x < 20 && y < 40;
    }
}
