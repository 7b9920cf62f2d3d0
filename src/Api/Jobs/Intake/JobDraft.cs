using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Jobs.Intake;

/// <summary>A job that was understood and found valid, and is not stored yet.</summary>
internal sealed record JobDraft
{
    public required string Type { get; init; }

    /// <summary>The operation's fields, completed.</summary>
    public required string Fields { get; init; }

    /// <summary>The uploaded files by the keys of their fields.</summary>
    public required IReadOnlyDictionary<string, ReadOnlyMemory<byte>> Files { get; init; }

    public required double Cost { get; init; }

    /// <summary>Equal for equal requests, envelope included; see <see cref="Storage.IdempotencyKey"/>.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>See <see cref="Storage.NewJob.ContentHash"/>.</summary>
    public required string ContentHash { get; init; }

    public EditPriority Priority { get; init; } = EditPriority.Standard;

    /// <summary>Time from now within which the result is wanted.</summary>
    public TimeSpan? TimeLimit { get; init; }

    public string? Webhook { get; init; }

    /// <summary>Checks and completes a form.</summary>
    /// <param name="operation">What is to be done with it.</param>
    /// <param name="form">The form as the client gave it.</param>
    /// <param name="route">The route that was asked: a key of one is not good for another.</param>
    /// <param name="accept">
    /// Has it accepted by the operation, may complete it further, and gives what it costs; see <see cref="JobOperation.Accept"/>.
    /// </param>
    /// <exception cref="Errors.ApiException">The request is at fault.</exception>
    public static JobDraft Of(JobOperation operation, EditForm form, string route, Func<EditForm, double> accept)
    {
        // Before the operation completes the form: what it draws at random differs from one request to its repetition.
        string fingerprint = StoredForm.Hash(route, form, form.Fields);
        string content = StoredForm.Hash(operation.Type, form, operation.Fields);
        double cost = accept(form);
        return new JobDraft
        {
            Type = operation.Type,
            Fields = StoredForm.Write(form, operation.Fields),
            Files = form.Files,
            Cost = cost,
            Fingerprint = fingerprint,
            ContentHash = content,
        };
    }
}
