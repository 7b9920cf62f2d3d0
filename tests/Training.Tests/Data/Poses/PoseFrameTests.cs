using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Poses;

namespace InstructDiffusion.Training.Tests.Data.Poses;

/// <summary>The geometry of samples, against the authors' construction from three points and against pictures known by formula.</summary>
public sealed class PoseFrameTests
{
    public static TheoryData<double, double, double, double> Frames =>
        new()
        {
            { 100, 80, 0.5, 0 },
            { 100, 80, 0.9, 30 },
            { -20, 300, 1.7, -90 },
            { 12.25, 7.5, 0.21, 61.3 },
        };

    [Theory]
    [MemberData(nameof(Frames))]
    public void ToSample_IsTheMapFromThreePoints(double centerX, double centerY, double scale, double degrees)
    {
        var frame = new PoseFrame(new PersonBox(centerX, centerY, scale), degrees, IsMirrored: false, 256);
        Func<double, double, (double X, double Y)> map = ThreePoints(centerX, centerY, scale, degrees, 256);

        foreach ((double x, double y) in ((double, double)[])[(0, 0), (100, 80), (-3.5, 211), (57.1, 12.9)])
        {
            (double expectedX, double expectedY) = map(x, y);
            (double actualX, double actualY) = frame.ToSample(x, y);
            Assert.Equal(expectedX, actualX, 1e-8);
            Assert.Equal(expectedY, actualY, 1e-8);
            (double backX, double backY) = frame.ToPicture(actualX, actualY);
            Assert.Equal(x, backX, 1e-8);
            Assert.Equal(y, backY, 1e-8);
        }
    }

    [Theory]
    [MemberData(nameof(Frames))]
    public void ToSample_Mirrored_IsThatOfTheMirroredPicture(
        double centerX,
        double centerY,
        double scale,
        double degrees
    )
    {
        const int Width = 333;
        var frame = new PoseFrame(new PersonBox(centerX, centerY, scale), degrees, IsMirrored: true, 256);
        Func<double, double, (double X, double Y)> map = ThreePoints(Width - 1 - centerX, centerY, scale, degrees, 256);

        (double expectedX, double expectedY) = map(Width - 1 - 57.0, 33);
        (double actualX, double actualY) = frame.ToSample(57, 33);

        Assert.Equal(expectedX, actualX, 1e-8);
        Assert.Equal(expectedY, actualY, 1e-8);
        (double backX, double backY) = frame.ToPicture(actualX, actualY);
        Assert.Equal(57, backX, 1e-8);
        Assert.Equal(33, backY, 1e-8);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Warp_OfALinearPicture_IsLinear_AndBlackBeyondItsEdges(bool isMirrored)
    {
        // Interpolation between four pixels reproduces what is linear in x and y exactly.
        const int Width = 60;
        const int Height = 50;
        var pixels = new byte[Width * Height * 3];
        for (int i = 0; i < Width * Height; i++)
        {
            (pixels[3 * i], pixels[3 * i + 1]) = ((byte)(20 + 3 * (i % Width)), (byte)(30 + 4 * (i / Width)));
            pixels[3 * i + 2] = (byte)(200 - 2 * (i % Width) - i / Width);
        }
        var picture = new RgbImage(Width, Height, pixels);
        var frame = new PoseFrame(new PersonBox(31, 24, 0.35), 25, isMirrored, 64);

        RgbImage sample = FrameWarp.Apply(picture, frame);

        int inside = 0;
        int outside = 0;
        for (int i = 0; i < 64 * 64; i++)
        {
            (double x, double y) = Inverse(i % 64, i / 64, 31, 24, 0.35, 25, isMirrored, 64);
            ReadOnlySpan<byte> pixel = sample.Pixels.Slice(3 * i, 3);
            if (x >= 0 && y >= 0 && x <= Width - 1 && y <= Height - 1)
            {
                Assert.Equal(20 + 3 * x, pixel[0], 0.51);
                Assert.Equal(30 + 4 * y, pixel[1], 0.51);
                Assert.Equal(200 - 2 * x - y, pixel[2], 0.51);
                inside++;
            }
            else if (x <= -1 || y <= -1 || x >= Width || y >= Height)
            {
                Assert.Equal(0, pixel[0] + pixel[1] + pixel[2]);
                outside++;
            }
        }
        Assert.True(inside > 1000 && outside > 500, $"{inside} inside, {outside} outside");
    }

    /// <summary>
    /// The authors' way: the centre, the middle of the upper side turned about it, and a third point at a right angle, with where
    /// they go; then six equations.
    /// </summary>
    private static Func<double, double, (double X, double Y)> ThreePoints(
        double centerX,
        double centerY,
        double scale,
        double degrees,
        int side
    )
    {
        double angle = Math.PI * degrees / 180;
        double up = -0.5 * scale * 200;
        (double X, double Y)[] from = new (double, double)[3];
        from[0] = (centerX, centerY);
        from[1] = (centerX - up * Math.Sin(angle), centerY + up * Math.Cos(angle));
        from[2] = Third(from[0], from[1]);
        (double X, double Y)[] to = new (double, double)[3];
        to[0] = (side / 2.0, side / 2.0);
        to[1] = (side / 2.0, 0);
        to[2] = Third(to[0], to[1]);
        double determinant =
            (from[1].X - from[0].X) * (from[2].Y - from[0].Y) - (from[2].X - from[0].X) * (from[1].Y - from[0].Y);
        return (x, y) =>
        {
            // Barycentric coordinates are what an affine map keeps.
            double one =
                ((x - from[0].X) * (from[2].Y - from[0].Y) - (from[2].X - from[0].X) * (y - from[0].Y)) / determinant;
            double two =
                ((from[1].X - from[0].X) * (y - from[0].Y) - (x - from[0].X) * (from[1].Y - from[0].Y)) / determinant;
            return (
                to[0].X + one * (to[1].X - to[0].X) + two * (to[2].X - to[0].X),
                to[0].Y + one * (to[1].Y - to[0].Y) + two * (to[2].Y - to[0].Y)
            );
        };
    }

    private static (double X, double Y) Third((double X, double Y) a, (double X, double Y) b) =>
        (b.X - (a.Y - b.Y), b.Y + (a.X - b.X));

    private static (double X, double Y) Inverse(
        int x,
        int y,
        double centerX,
        double centerY,
        double scale,
        double degrees,
        bool isMirrored,
        int side
    )
    {
        double angle = Math.PI * degrees / 180;
        double zoom = scale * 200 / side;
        double dx = (x - side / 2.0) * zoom;
        double dy = (y - side / 2.0) * zoom;
        double turnedX = dx * Math.Cos(angle) - dy * Math.Sin(angle);
        double turnedY = dx * Math.Sin(angle) + dy * Math.Cos(angle);
        return (centerX + (isMirrored ? -turnedX : turnedX), centerY + turnedY);
    }
}
