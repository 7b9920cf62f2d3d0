using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class PictureMarksTests
{
    private const int Side = 12;

    [Theory]
    [InlineData(ObjectPart.Center, 5, 5)]
    [InlineData(ObjectPart.Top, 3, 2)]
    [InlineData(ObjectPart.Bottom, 6, 8)]
    [InlineData(ObjectPart.LeftEdge, 3, 5)]
    [InlineData(ObjectPart.RightEdge, 7, 8)]
    public void PartOf_AnL_IsWhereAPersonWouldPoint(ObjectPart part, int x, int y)
    {
        // An L: a bar from (3, 2) down to (3, 8), its foot from (3, 8) to (7, 8); the foot counts from x = 4 on as the bottom's mean.
        var alpha = new float[Side * Side];
        for (int row = 2; row <= 8; row++)
        {
            alpha[row * Side + 3] = 1;
        }
        for (int column = 4; column <= 7; column++)
        {
            alpha[8 * Side + column] = 1;
        }

        (int X, int Y) found = PictureMarks.PartOf(alpha, Side, part);

        Assert.InRange(found.X, x - 1, x);
        Assert.Equal(y, found.Y);
    }

    [Fact]
    public void Disc_HasTheOriginalsRows()
    {
        const int Big = 31;
        var pixels = new byte[Big * Big * 3];

        PictureMarks.Disc(pixels, Big, 15, 15, 10, NamedColor.Keypoints[0]);

        int[] rows =
        [
            .. Enumerable
                .Range(5, 21)
                .Select(y => Enumerable.Range(0, Big).Count(x => pixels[(y * Big + x) * 3] == 255)),
        ];
        Assert.Equal([3, 9, 13, 15, 17, 17, 19, 19, 19, 21, 21, 21, 19, 19, 19, 17, 17, 15, 13, 9, 3], rows);
        Assert.Equal(325, rows.Sum());
    }

    [Fact]
    public void Disc_AtACorner_IsCutOff()
    {
        var pixels = new byte[Side * Side * 3];

        PictureMarks.Disc(pixels, Side, 0, Side - 1, 2, NamedColor.Keypoints[2]);

        Assert.Equal(8, pixels.Count(value => value == 255));
    }

    [Fact]
    public void Mirror_TurnsRowsRound()
    {
        float[] pixels = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12];

        PictureMarks.Mirror(pixels, 2);

        Assert.Equal([4, 5, 6, 1, 2, 3, 10, 11, 12, 7, 8, 9], pixels);
    }
}
