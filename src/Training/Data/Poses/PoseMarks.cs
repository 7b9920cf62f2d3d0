using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>
/// Draws which joints are asked for, and in which colours: one to five (specification 4.3). A joint whose disc lies outside the frame
/// is not named; one without a label is named and has no disc, so that "nothing to draw" is learnt as well.
/// </summary>
/// <param name="skeleton">Of the data set.</param>
/// <param name="source">Which of the authors' defects are reproduced.</param>
/// <param name="radius">Of the discs, pixels.</param>
internal sealed class PoseMarks(PoseSkeleton skeleton, DataSourceRecipe source, int radius)
{
    private const int Most = 5;

    private readonly bool _testsHidden = source.Reproduces(ReleasedDefect.UntransformedHiddenJoints);
    private readonly bool _truncates = source.Reproduces(ReleasedDefect.TruncatedPositions);

    // The authors compare the disc's end, which is one pixel beyond it, as if it were its last pixel.
    private readonly int _margin = source.Reproduces(ReleasedDefect.EdgeClause) ? 1 : 0;

    /// <summary>Draws the marks of a sample: those that are named, in order.</summary>
    public IReadOnlyList<PoseMark> Draw(Person person, PoseFrame frame, ref CounterRandom random)
    {
        int count = 1 + random.Next(Most);
        int[] joints = Distinct(skeleton.Joints.Count, count, ref random);
        int[] colors = Distinct(NamedColor.Keypoints.Count, count, ref random);
        var marks = new List<PoseMark>();
        for (int i = 0; i < count; i++)
        {
            int stored = frame.IsMirrored ? skeleton.Mirrored[joints[i]] : joints[i];
            bool isVisible = person.IsVisible(stored);
            (double x, double y) = person.JointAt(stored);
            (x, y) =
                isVisible ? frame.ToSample(x, y)
                : frame.IsMirrored ? (0, 0)
                : (x, y);
            (int column, int row) = (Round(x), Round(y));
            if ((!isVisible && !_testsHidden) || IsInFrame(column, row, frame.Resolution))
            {
                marks.Add(
                    new PoseMark(
                        skeleton.Joints[joints[i]],
                        NamedColor.Keypoints[colors[i]],
                        isVisible ? (column, row) : null
                    )
                );
            }
        }
        return marks;
    }

    private bool IsInFrame(int column, int row, int side) =>
        column - radius < side && row - radius < side && column + radius + _margin >= 0 && row + radius + _margin >= 0;

    private int Round(double value) => (int)(_truncates ? value + 0.5 : Math.Floor(value + 0.5));

    private static int[] Distinct(int of, int count, ref CounterRandom random)
    {
        int[] all = [.. Enumerable.Range(0, of)];
        for (int i = 0; i < count; i++)
        {
            int other = i + random.Next(of - i);
            (all[i], all[other]) = (all[other], all[i]);
        }
        return all[..count];
    }
}

/// <summary>A joint that is asked for.</summary>
/// <param name="Joint">Its name.</param>
/// <param name="Color">Its colour.</param>
/// <param name="Disc">Middle of its disc in pixels of the sample; null for none.</param>
internal sealed record PoseMark(string Joint, NamedColor Color, (int X, int Y)? Disc);
