using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Jobs.Intake;

/// <summary>From the body of POST /v1/jobs to a job that can be stored.</summary>
internal sealed class JobIntake(EditIntake intake, JobOperations operations, OutboundHttp outbound)
{
    /// <summary>The fields of every type of job.</summary>
    public IReadOnlyList<EditField> Fields => [.. JobField.All.Concat(operations.Fields).DistinctBy(one => one.Key)];

    /// <summary>Reads one request.</summary>
    /// <exception cref="ApiException">The request is at fault.</exception>
    public Task<JobDraft> ReadAsync(HttpRequest request, ModelDescription model) =>
        intake.ReadAsync(request, Fields, form => Understand(form, model, request.Path));

    private JobDraft Understand(EditForm form, ModelDescription model, string route)
    {
        var reader = new FieldReader(form);
        JobOperation? operation = Operation(reader);
        EditPriority priority = reader.OneOf(JobField.Priority, EditTerms.Priorities) ?? EditPriority.Batch;
        long? deadline = reader.WholeNumber(JobField.DeadlineMs);
        string? webhook = Webhook(reader);
        if (operation is null)
        {
            form.Errors.ThrowIfAny();
        }
        foreach (string name in Foreign(form, operation!))
        {
            form.Errors.Add(name, $"is not a field of a job of the type {operation!.Type}");
        }
        return JobDraft.Of(operation!, form, route, accepted => operation!.Accept(accepted, model)) with
        {
            Priority = priority,
            TimeLimit = deadline is { } wait ? TimeSpan.FromMilliseconds(wait) : null,
            Webhook = webhook,
        };
    }

    private JobOperation? Operation(FieldReader reader)
    {
        if (!reader.Has(JobField.Type))
        {
            reader.Fault(JobField.Type, $"is required; there are {string.Join(", ", operations.Types)}");
            return null;
        }
        string? type = reader.Text(JobField.Type);
        if (type is null || operations.FindOffered(type) is not { } operation)
        {
            reader.Fault(
                JobField.Type,
                $"must be one of {string.Join(", ", operations.Types)}, got '{EditForm.Shown(type ?? "")}'"
            );
            return null;
        }
        return operation;
    }

    private string? Webhook(FieldReader reader)
    {
        string? address = reader.Text(JobField.Webhook);
        if (address is null)
        {
            return null;
        }
        try
        {
            // Where the name leads is looked at when it is called: it can lead elsewhere by then.
            return outbound.Webhooks.Require(address).AbsoluteUri;
        }
        catch (OutboundException fault) when (fault.Fault == OutboundFault.Invalid)
        {
            reader.Fault(JobField.Webhook, fault.Message);
            return null;
        }
        catch (OutboundException fault)
        {
            throw fault.ToProblem(JobField.Webhook.Name);
        }
    }

    // Fields that another type of job has.
    private static IEnumerable<string> Foreign(EditForm form, JobOperation operation)
    {
        HashSet<string> own = [.. JobField.All.Concat(operation.Fields).Select(field => field.Key)];
        return form
            .Fields.Where(field => !own.Contains(field.Key))
            .Where(field => form.Values.ContainsKey(field.Key) || form.Files.ContainsKey(field.Key))
            .Select(form.NameOf);
    }
}
