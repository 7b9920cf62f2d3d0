using System.Globalization;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Alignment;

/// <summary>Makes the candidates of all items that have none yet.</summary>
/// <param name="folder">Where they go.</param>
/// <param name="items">What they are made for.</param>
/// <param name="grid">Which.</param>
/// <param name="editor">Makes them.</param>
/// <param name="rule">The model's size rule.</param>
internal sealed class CandidateRun(
    CandidateFolder folder,
    IAlignmentItems items,
    CandidateGrid grid,
    IEditor editor,
    WorkingSizeRule rule
)
{
    /// <summary>Begins the folder or goes on with it.</summary>
    /// <param name="model">The model behind the editor.</param>
    /// <param name="line">Where progress is shown.</param>
    /// <param name="cancellationToken">Looked at before each step; finished items stay.</param>
    /// <returns>How many items have candidates now.</returns>
    /// <exception cref="AlignmentException">The folder belongs to another model or grid; no candidate of an item is a picture.</exception>
    /// <exception cref="InvalidEditException">The model cannot do such edits.</exception>
    public int Run(CandidateModel model, ProgressLine line, CancellationToken cancellationToken)
    {
        grid.Validate();
        folder.Begin(
            new CandidatePlan
            {
                Version = CandidatePlan.CurrentVersion,
                Model = model,
                Grid = grid,
                Items = items.Ids,
            }
        );
        int[] missing = [.. Enumerable.Range(0, items.Ids.Count).Where(i => !folder.IsFinished(items.Ids[i]))];
        int finished = items.Ids.Count - missing.Length;
        line.Say($"{items.Ids.Count} items, {finished} of them have their candidates");
        if (missing.Length == 0)
        {
            return finished;
        }
        int perItem = grid.TextScales.Count * grid.ImageScales.Count * grid.Seeds * grid.Steps;
        var progress = new WorkProgress(
            line,
            "candidates",
            "steps",
            (long)missing.Length * perItem,
            TimeProvider.System
        );
        foreach (int index in missing)
        {
            cancellationToken.ThrowIfCancellationRequested();
            try
            {
                Make(items.Read(index), progress, cancellationToken);
                finished++;
            }
            catch (BrokenSampleException broken)
            {
                line.Say($"skipped {items.Ids[index]}: {broken.Message}");
                progress.Advance(perItem);
            }
        }
        progress.Complete();
        return finished;
    }

    private void Make(AlignmentItem item, WorkProgress progress, CancellationToken cancellationToken)
    {
        IReadOnlyList<EditRequest> requests = grid.RequestsFor(item, rule);
        IReadOnlyList<RgbImage?> painted = editor.Edit(requests, steps => progress.Advance(steps), cancellationToken);
        var candidates = new List<Candidate>();
        var pictures = new List<RgbImage>();
        for (int i = 0; i < painted.Count; i++)
        {
            if (painted[i] is not { } picture)
            {
                continue;
            }
            pictures.Add(picture);
            candidates.Add(
                new Candidate
                {
                    File = i.ToString("D2", CultureInfo.InvariantCulture) + ".png",
                    TextScale = requests[i].TextGuidanceScale,
                    ImageScale = requests[i].ImageGuidanceScale,
                    Seed = requests[i].Seed,
                }
            );
        }
        if (pictures.Count == 0)
        {
            throw new AlignmentException(
                $"item {item.Id}: none of {painted.Count} candidates is a picture: the model gives values that are not finite"
            );
        }
        var made = new CandidateItem
        {
            Id = item.Id,
            Instruction = item.Instruction,
            Task = item.Task,
            HasTarget = item.Target is not null,
            Candidates = candidates,
        };
        folder.Write(made, item, pictures);
    }
}
