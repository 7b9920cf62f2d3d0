using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>One run of a job: what its operation passes on to the engine.</summary>
/// <param name="Model">The model that is served.</param>
/// <param name="Options">Priority, caller, time limit, and who is told of progress and previews.</param>
internal sealed record JobRun(ModelDescription Model, EditTicketOptions Options);
