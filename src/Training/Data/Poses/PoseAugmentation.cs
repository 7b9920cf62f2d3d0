using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>Draws the part of a picture that a sample shows, in the authors' order and shares (specification 4.3).</summary>
/// <param name="skeleton">Of the data set.</param>
/// <param name="flip">How often a sample is mirrored, 0…1.</param>
/// <param name="drawsHalvesNormally">The authors' defect: the upper half in 69 % of cases, not in half.</param>
internal sealed class PoseAugmentation(PoseSkeleton skeleton, double flip, bool drawsHalvesNormally)
{
    private const int FewestJointsForHalves = 9;
    private const int FewestJointsOfAHalf = 3;
    private const double HalfBodyPadding = 1.5;
    private const double ScaleDeviation = 0.35;
    private const double RotationShare = 0.6;
    private const double RotationDeviation = 45;

    /// <summary>Draws a frame for a person.</summary>
    public PoseFrame Draw(Person person, int resolution, ref CounterRandom random)
    {
        PersonBox box = person.Box;
        if (person.VisibleCount >= FewestJointsForHalves && random.Chance(skeleton.HalfBodyShare))
        {
            box = HalfBody(person, ref random) ?? box;
        }
        double stretch = Math.Clamp(1 + (ScaleDeviation * random.NextNormal()), 1 - ScaleDeviation, 1 + ScaleDeviation);
        double degrees = random.Chance(RotationShare)
            ? Math.Clamp(RotationDeviation * random.NextNormal(), -2 * RotationDeviation, 2 * RotationDeviation)
            : 0;
        bool isMirrored = random.Chance(flip);
        return new PoseFrame(box with { Scale = box.Scale * stretch }, degrees, isMirrored, resolution);
    }

    /// <summary>The square around one half's joints; null where it has too few, or all in one place.</summary>
    private PersonBox? HalfBody(Person person, ref CounterRandom random)
    {
        ILookup<bool, (double X, double Y)> halves = Enumerable
            .Range(0, skeleton.Joints.Count)
            .Where(person.IsVisible)
            .ToLookup(skeleton.UpperBody.Contains, person.JointAt);
        (double X, double Y)[] upper = [.. halves[true]];
        (double X, double Y)[] lower = [.. halves[false]];
        bool wantsUpper = drawsHalvesNormally ? random.NextNormal() < 0.5 : random.Chance(0.5);
        (double X, double Y)[] chosen =
            wantsUpper && upper.Length >= FewestJointsOfAHalf ? upper
            : lower.Length >= FewestJointsOfAHalf ? lower
            : upper;
        if (chosen.Length < 2)
        {
            return null;
        }
        double width = chosen.Max(joint => joint.X) - chosen.Min(joint => joint.X);
        double height = chosen.Max(joint => joint.Y) - chosen.Min(joint => joint.Y);
        double side = Math.Max(width, height);
        return side < 1
            ? null
            : new PersonBox(
                chosen.Average(joint => joint.X),
                chosen.Average(joint => joint.Y),
                side / PersonBox.Unit * HalfBodyPadding
            );
    }
}
