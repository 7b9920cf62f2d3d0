using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>An edit and what became of it.</summary>
/// <param name="Request">What was asked.</param>
/// <param name="Result">What came out.</param>
/// <param name="QueueTime">Time between joining the queue and the start of the work.</param>
/// <param name="EngineTime">Time between the start of the work and the result, shared with the edits batched beside.</param>
internal sealed record FinishedEdit(EditRequest Request, EditResult Result, TimeSpan QueueTime, TimeSpan EngineTime);
