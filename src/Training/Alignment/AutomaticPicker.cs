using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// Chooses by a measure where the right answer is known, in place of people, and says so. What does not beat the untouched source
/// is never chosen: an item may well have no good candidate.
/// </summary>
/// <param name="score">The measure.</param>
/// <param name="metric">Its name, for the export.</param>
/// <param name="margin">By how much the untouched source must be beaten, in the measure's unit, at least 0.</param>
/// <param name="limit">Most candidates chosen of an item.</param>
internal sealed class AutomaticPicker(CandidateScore score, string metric, double margin, int limit)
{
    /// <summary>What it signs its answers with.</summary>
    public Picker Picker { get; } =
        new()
        {
            Kind = PickerKind.Automatic,
            Metric = metric,
            Margin = margin,
        };

    /// <summary>Answers every finished item whose right answer is known, and writes the answers down.</summary>
    /// <exception cref="AlignmentException">A finished item is damaged.</exception>
    /// <exception cref="Data.BrokenSampleException">A picture is.</exception>
    public AnswerBook Pick(CandidateFolder folder, CancellationToken cancellationToken)
    {
        var answers = new List<Answer>();
        foreach (string id in folder.ReadPlan().Items.Where(folder.IsFinished))
        {
            cancellationToken.ThrowIfCancellationRequested();
            CandidateItem item = folder.ReadItem(id);
            if (item.HasTarget)
            {
                answers.Add(Choose(folder, item));
            }
        }
        return AnswerBook.Write(folder, Picker, answers);
    }

    private Answer Choose(CandidateFolder folder, CandidateItem item)
    {
        RgbImage source = PictureFile.Read(folder.FileOf(item.Id, CandidateFolder.SourceFile));
        RgbImage target = PictureFile.Read(folder.FileOf(item.Id, CandidateFolder.TargetFile));
        double nothing = score(source, target, source);
        var scores = new OrderedDictionary<string, double>(StringComparer.Ordinal);
        foreach (Candidate candidate in item.Candidates)
        {
            RgbImage picture = PictureFile.Read(folder.FileOf(item.Id, candidate.File));
            scores[candidate.File] = score(source, target, picture);
        }
        return new Answer
        {
            Item = item.Id,
            Chosen =
            [
                .. scores
                    .Where(entry => entry.Value > nothing + margin)
                    .OrderByDescending(entry => entry.Value)
                    .Take(limit)
                    .Select(entry => entry.Key),
            ],
            Scores = scores,
            ScoreOfDoingNothing = nothing,
        };
    }
}
