using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>
/// One kind of work that can be done as a job. A job outlives the process that accepted it, so accepting and running share
/// nothing but the form: what <see cref="Accept"/> leaves in it is stored, and <see cref="RunAsync"/> gets the same form back,
/// now or after a restart, once or (after a crash) twice.
/// </summary>
internal abstract class JobOperation
{
    /// <summary>The value of the field <c>type</c>.</summary>
    public abstract string Type { get; }

    /// <summary>
    /// Whether POST /v1/jobs takes the type. One that it does not take is made of requests to its own route with an
    /// Idempotency-Key, and its fields may be named as that route likes.
    /// </summary>
    public virtual bool IsOffered => true;

    /// <summary>The fields of a request, besides those that every job has. A name that several operations have means the same in all.</summary>
    public abstract IReadOnlyList<EditField> Fields { get; }

    /// <summary>
    /// Checks a request as thoroughly as the synchronous route does, and completes the form with whatever was to be drawn at
    /// random, so that running it twice gives the same result.
    /// </summary>
    /// <param name="form">The request; its errors are thrown in here.</param>
    /// <param name="model">The model that is served.</param>
    /// <returns>What the work will cost, in denoised pixels: steps times rows times canvas pixels; only proportions matter.</returns>
    /// <exception cref="Errors.ApiException">The request is at fault; see <see cref="JobCost"/> for what else may stand against it.</exception>
    public abstract double Accept(EditForm form, ModelDescription model);

    /// <summary>Does the work.</summary>
    /// <param name="form">What <see cref="Accept"/> left.</param>
    /// <param name="run">How to do it.</param>
    /// <param name="cancellationToken">Ends it at the next step.</param>
    /// <exception cref="Errors.ApiException">It failed for a reason that would come again; the job fails with this problem.</exception>
    public abstract Task<JobOutcome> RunAsync(EditForm form, JobRun run, CancellationToken cancellationToken);
}
