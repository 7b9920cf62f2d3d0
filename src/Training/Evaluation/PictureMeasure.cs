using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>Measures one answer against what is known of its pair.</summary>
internal static class PictureMeasure
{
    /// <summary>Part of the side within which a point is right.</summary>
    private const double Near = 0.05;

    /// <summary>The same, less strictly.</summary>
    private const double Nearby = 0.1;

    /// <summary>Measures.</summary>
    /// <param name="truth">What is known.</param>
    /// <param name="before">The source after a round trip through the autoencoder, which read-outs compare with.</param>
    /// <param name="answer">The picture to judge.</param>
    /// <returns>One measurement for each figure of <see cref="FigureKind.Of"/>, in its order.</returns>
    public static Measurement[] Of(DemoTruth truth, RgbImage before, RgbImage answer) =>
        truth.Task switch
        {
            DemoTask.Segmentation => Segmentation(truth, ReadMask(truth, before, answer)),
            DemoTask.Keypoints => Keypoint(truth, FindPoint(truth, before, answer)),
            DemoTask.Removal or DemoTask.Addition or DemoTask.Replacement or DemoTask.Recolouring =>
            [
                Measurement.Of(PictureNoise.Psnr(truth.Target, answer)),
                Region(truth, answer, inside: true),
                Region(truth, answer, inside: false),
            ],
            _ => [Measurement.Of(PictureNoise.Psnr(truth.Target, answer))],
        };

    /// <summary>The mask painted in an answer to a segmentation instruction.</summary>
    public static bool[] ReadMask(DemoTruth truth, RgbImage before, RgbImage answer) =>
        PaintedMask.Read(before, answer, Paint(truth.Color!));

    /// <summary>The disc drawn in an answer to a keypoint instruction; null when there is none.</summary>
    public static KeypointReading? FindPoint(DemoTruth truth, RgbImage before, RgbImage answer) =>
        PaintedKeypoint.Find(before, answer, Paint(truth.Color!), truth.KeypointRadius);

    private static PaintColor Paint(NamedColor color) => new(color.Red, color.Green, color.Blue);

    private static Measurement[] Segmentation(DemoTruth truth, bool[] mask)
    {
        if (truth.Mask is not { } wanted)
        {
            return [Measurement.None, Measurement.None, Measurement.Rate(mask.Contains(true))];
        }
        MaskOverlap overlap = MaskOverlap.Of(wanted, mask);
        return
        [
            new Measurement(100.0 * overlap.Intersection, overlap.Union),
            Measurement.Of(100 * overlap.Iou),
            Measurement.None,
        ];
    }

    private static Measurement[] Keypoint(DemoTruth truth, KeypointReading? found)
    {
        double distance = found is { } point
            ? double.Hypot(point.X - truth.KeypointX!.Value, point.Y - truth.KeypointY!.Value) / truth.Source.Width
            : double.PositiveInfinity;
        return [Measurement.Rate(distance <= Near), Measurement.Rate(distance <= Nearby)];
    }

    private static Measurement Region(DemoTruth truth, RgbImage answer, bool inside) =>
        PictureNoise.Psnr(truth.Target, answer, truth.Region, inside) is { } value
            ? Measurement.Of(value)
            : Measurement.None;
}
