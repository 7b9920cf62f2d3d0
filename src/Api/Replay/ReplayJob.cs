using System.Text.Json;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Replay;

/// <summary>Jobs of the type <c>replay</c>, made of requests to POST /v1/replay with an Idempotency-Key alone.</summary>
internal sealed class ReplayJob(ReplayOrders orders, EditDesk edits, WeightsDigest weights, JobCost costs)
    : JobOperation
{
    /// <summary>The type.</summary>
    public const string Name = "replay";

    public override string Type => Name;

    public override bool IsOffered => false;

    public override IReadOnlyList<EditField> Fields => ReplayField.Own;

    public override double Accept(EditForm form, ModelDescription model) =>
        costs.Of([orders.OrderOf(form).Order.Request]);

    public override async Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken)
    {
        ReplayOrder replay = orders.OrderOf(form);
        weights.Of(run.Model);
        EditRequest edit = replay.Order.Request;
        FinishedEdit finished = await edits.RunAsync(edit, run.Options(edit.Steps), queued: null, cancellationToken);
        var answer = ReplayAnswer.Of(replay, finished, run.Model, weights.Of(run.Model));
        return new JobOutcome(JsonSerializer.SerializeToNode(answer, ApiJson.Options)!.AsObject(), []);
    }
}
