using System.Diagnostics;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Observability;

/// <summary>A job's run is a trace of its own, with a link to the request that made the job, perhaps on another server and long ago.</summary>
internal static class JobSpans
{
    /// <summary>Begins the span of a run. What is called from now on in this flow belongs to it.</summary>
    public static Activity? Begin(Job job)
    {
        Activity.Current = null;
        IEnumerable<ActivityLink> links = ActivityContext.TryParse(job.TraceParent, null, out ActivityContext origin)
            ? [new ActivityLink(origin)]
            : [];
        return Telemetry.Spans.StartActivity(
            "idiff.job",
            ActivityKind.Consumer,
            parentContext: default,
            [new("idiff.job.id", job.Id), new("idiff.job.type", job.Type), new("idiff.job.run", job.Run)],
            links
        );
    }
}
