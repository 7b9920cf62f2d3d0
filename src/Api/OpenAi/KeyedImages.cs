using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Intake;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>
/// Requests to POST /v1/images/edits with an <c>Idempotency-Key</c>: each is a job. A stream then tells of the finished pictures
/// alone, as nothing else of it can be told again; OpenAI's clients expect fewer partial pictures than they asked for.
/// </summary>
internal sealed class KeyedImages(
    DurableIntake durable,
    DurableRequests requests,
    OpenAiJob operation,
    OpenAiEvents events
)
{
    /// <summary>Answers a request, if it has a key.</summary>
    /// <param name="http">The request.</param>
    /// <param name="model">The model that is served.</param>
    /// <param name="terms">How it wants to be served.</param>
    public async Task<bool> AnswerAsync(
        HttpContext http,
        ModelDescription model,
        Func<EditForm, EditTicketOptions> terms
    )
    {
        if (durable.KeyOf(http.Request) is not { } key)
        {
            return false;
        }
        OpenAiOrder order = null!; // read below
        JobDraft draft = await durable.ReadAsync(
            http.Request,
            operation,
            OpenAiField.All,
            terms,
            form => operation.Accept(form, model, out order)
        );
        Job job = await requests.BeginAsync(http, draft, key);
        OpenAiEndpoint.TellIgnored(http, [.. Ignored(order)]);
        if (order.Parameters.Stream)
        {
            // Events hold base64 in any case.
            OpenAiOrder shown = order with
            {
                Parameters = order.Parameters with { AsUrl = false },
            };
            Task<OpenAiReply> reply = ReplyAsync(shown);
            if (reply.IsFaulted)
            {
                await reply; // no event was sent yet, so the client gets a plain error
            }
            await events.AnswerAsync(http, shown, reply);
        }
        else
        {
            await (await ReplyAsync(order)).WriteAsync(http);
        }
        return true;

        async Task<OpenAiReply> ReplyAsync(OpenAiOrder shown) =>
            OpenAiJob.ReplyOf(await requests.EndAsync(http, job), shown);
    }

    private static IEnumerable<string> Ignored(OpenAiOrder order)
    {
        string partial = OpenAiField.PartialImages.Name;
        bool isIdle = order.Parameters is { Stream: true, PartialImages: > 0 };
        return isIdle ? order.Ignored.Append(partial).Distinct(StringComparer.Ordinal) : order.Ignored;
    }
}
