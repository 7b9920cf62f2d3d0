using FsCheck.Xunit;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Engine.Tests.Vision;

public sealed class MaskOutlinesTests
{
    [Fact]
    public void Trace_OnePixel_IsASquare()
    {
        PixelMask mask = Masks.Of(
            "...", //
            "..#"
        );

        MaskPolygon polygon = Assert.Single(MaskOutlines.Trace(mask));

        Assert.Equal([2, 1, 3, 1, 3, 2, 2, 2], polygon.Exterior);
        Assert.Empty(polygon.Holes);
    }

    [Fact]
    public void Trace_Angle_HasSixCorners()
    {
        PixelMask mask = Masks.Of(
            "#..", //
            "#..",
            "###"
        );

        MaskPolygon polygon = Assert.Single(MaskOutlines.Trace(mask));

        Assert.Equal([0, 0, 1, 0, 1, 2, 3, 2, 3, 3, 0, 3], polygon.Exterior);
    }

    [Fact]
    public void Trace_RingWithAPixelInside_IsAHoleAndAPieceOfItsOwn()
    {
        PixelMask mask = Masks.Of(
            "#####", //
            "#...#",
            "#.#.#",
            "#...#",
            "#####"
        );

        IReadOnlyList<MaskPolygon> polygons = MaskOutlines.Trace(mask);

        Assert.Equal(2, polygons.Count);
        Assert.Equal([0, 0, 5, 0, 5, 5, 0, 5], polygons[0].Exterior);
        // Counter-clockwise, from its upper right corner, where the line above it is met from the right.
        Assert.Equal([4, 1, 1, 1, 1, 4, 4, 4], Assert.Single(polygons[0].Holes));
        Assert.Equal([2, 2, 3, 2, 3, 3, 2, 3], polygons[1].Exterior);
        Assert.Empty(polygons[1].Holes);
    }

    [Fact]
    public void Trace_PixelsThatMeetInACorner_AreTwoPieces()
    {
        PixelMask mask = Masks.Of(
            "#.", //
            ".#"
        );

        IReadOnlyList<MaskPolygon> polygons = MaskOutlines.Trace(mask);

        Assert.Equal([0, 0, 1, 0, 1, 1, 0, 1], polygons[0].Exterior);
        Assert.Equal([1, 1, 2, 1, 2, 2, 1, 2], polygons[1].Exterior);
    }

    [Fact]
    public void Trace_RingThatClosesInACorner_HasAHole()
    {
        // The outline comes back to the corner in the middle of the first row's gap; it is cut there.
        PixelMask mask = Masks.Of(
            ".###", //
            "#..#",
            "####"
        );

        MaskPolygon polygon = Assert.Single(MaskOutlines.Trace(mask));

        Assert.Equal([1, 0, 4, 0, 4, 3, 0, 3, 0, 1, 1, 1], polygon.Exterior);
        Assert.Equal(8, Assert.Single(polygon.Holes).Count);
    }

    [Fact]
    public void Trace_Nothing_IsEmpty() => Assert.Empty(MaskOutlines.Trace(PixelMask.Empty(4, 4)));

    [Property(MaxTest = 1000)]
    public void Trace_AnyMask_FillsToItAndTouchesItselfNowhere(byte side, byte[] bytes)
    {
        (bool[] pixels, int width) = Masks.Of(side, bytes);

        IReadOnlyList<MaskPolygon> polygons = MaskOutlines.Trace(PixelMask.FromPixels(pixels, width));

        bool[] filled = new bool[pixels.Length];
        foreach (MaskPolygon polygon in polygons)
        {
            IReadOnlyList<int>[] rings = [polygon.Exterior, .. polygon.Holes];
            for (int i = 0; i < filled.Length; i++)
            {
                if (Masks.IsInside(rings, i % width + 0.5, i / width + 0.5))
                {
                    Assert.False(filled[i]); // no two polygons overlap
                    filled[i] = true;
                }
            }
            Assert.All(rings, ring => Assert.Equal(ring.Count / 2, ring.Chunk(2).Distinct(new Pairs()).Count()));
            Assert.True(Area(polygon.Exterior) > 0);
            Assert.All(polygon.Holes, hole => Assert.True(Area(hole) < 0));
            Assert.All(rings, AssertTurnsAtEveryCorner);
        }
        Assert.Equal(pixels, filled);
    }

    private static void AssertTurnsAtEveryCorner(IReadOnlyList<int> ring)
    {
        bool isLevel = ring[1] == ring[3];
        for (int i = 0; i < ring.Count; i += 2)
        {
            int j = (i + 2) % ring.Count;
            // Sides are level and upright in turn.
            Assert.True(isLevel ? ring[i + 1] == ring[j + 1] : ring[i] == ring[j]);
            isLevel = !isLevel;
        }
    }

    private static int Area(IReadOnlyList<int> ring)
    {
        int twice = 0;
        for (int i = 0; i < ring.Count; i += 2)
        {
            int j = (i + 2) % ring.Count;
            twice += ring[i] * ring[j + 1] - ring[j] * ring[i + 1];
        }
        return twice / 2;
    }

    private sealed class Pairs : IEqualityComparer<int[]>
    {
        public bool Equals(int[]? x, int[]? y) => x!.SequenceEqual(y!);

        public int GetHashCode(int[] obj) => HashCode.Combine(obj[0], obj[1]);
    }
}
