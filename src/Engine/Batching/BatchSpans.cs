using System.Diagnostics;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Draws a span for each time that the same edits take steps together. It belongs to none of their traces, as it serves all of
/// them: it is a trace of its own, with a link to each. Drawn when they part; free while nobody collects spans. Used by the
/// engine's thread.
/// </summary>
internal sealed class BatchSpans(TimeProvider time)
{
    /// <summary>Name of the source of spans.</summary>
    public const string SourceName = "InstructDiffusion.Engine";

    private static readonly ActivitySource Source = new(SourceName);

    // Sizes take turns: each has its own batch.
    private readonly Dictionary<ImageSize, OpenBatch> _open = [];

    /// <summary>These edits, of one size, took a step.</summary>
    public void Stepped(IReadOnlyList<RunningEdit> edits, TimeSpan taken)
    {
        if (!Source.HasListeners())
        {
            return;
        }
        DateTimeOffset end = time.GetUtcNow();
        ImageSize size = edits[0].Shape.WorkingSize;
        if (!_open.TryGetValue(size, out OpenBatch? batch) || !batch.IsOf(edits))
        {
            Part(size);
            batch = new OpenBatch([.. edits], end - taken);
            _open[size] = batch;
        }
        batch.Step(end);
    }

    /// <summary>One has left: those that stay are another batch.</summary>
    public void Left(RunningEdit edit)
    {
        ImageSize size = edit.Shape.WorkingSize;
        if (_open.TryGetValue(size, out OpenBatch? batch) && batch.Edits.Contains(edit))
        {
            Part(size);
        }
    }

    /// <summary>All have left.</summary>
    public void PartAll()
    {
        foreach (ImageSize size in _open.Keys.ToArray())
        {
            Part(size);
        }
    }

    private void Part(ImageSize size)
    {
        if (_open.Remove(size, out OpenBatch? batch))
        {
            Draw(size, batch);
        }
    }

    private static void Draw(ImageSize size, OpenBatch batch)
    {
        ActivityLink[] links =
        [
            .. batch
                .Edits.Select(edit => edit.Ticket.Origin)
                .Where(origin => origin.TraceFlags.HasFlag(ActivityTraceFlags.Recorded))
                .Select(origin => new ActivityLink(origin)),
        ];
        if (links.Length == 0)
        {
            return; // none of them is traced
        }
        Activity.Current = null;
        using Activity? span = Source.StartActivity(
            "idiff.engine.batch",
            ActivityKind.Internal,
            parentContext: default,
            [
                new("idiff.edits", batch.Edits.Count),
                new("idiff.rows", batch.Edits.Sum(edit => edit.Shape.Rows)),
                new("idiff.steps", batch.Steps),
                new("idiff.working_size", size.ToString()),
            ],
            links,
            batch.Start
        );
        span?.SetEndTime(batch.End.UtcDateTime);
    }

    private sealed class OpenBatch(IReadOnlyList<RunningEdit> edits, DateTimeOffset start)
    {
        public IReadOnlyList<RunningEdit> Edits => edits;

        public DateTimeOffset Start { get; } = start;

        public DateTimeOffset End { get; private set; }

        public int Steps { get; private set; }

        public bool IsOf(IReadOnlyList<RunningEdit> others) =>
            others.Count == edits.Count && others.All(edits.Contains);

        public void Step(DateTimeOffset end)
        {
            Steps++;
            End = end;
        }
    }
}
