using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Edits;

/// <summary>The edits of one order, side by side in the engine: all are made, or the first error ends the others too.</summary>
internal static class EditSeries
{
    /// <summary>Makes every picture of an order; see the other.</summary>
    public static Task<IReadOnlyList<FinishedEdit>> RunAsync(
        EditDesk edits,
        EditOrder order,
        Func<int, EditTicketOptions> options,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    ) => RunAsync(edits, order.Requests, order.Reuse, options, queued, cancellationToken);

    /// <summary>Makes several pictures.</summary>
    /// <param name="edits">Makes one.</param>
    /// <param name="requests">What to make.</param>
    /// <param name="reuse">Whether equal edits' results will do.</param>
    /// <param name="options">How the picture of this index, 0…, wants to be served.</param>
    /// <param name="queued">Told of each that has joined the queue.</param>
    /// <param name="cancellationToken">Cancels all.</param>
    /// <returns>One result for each picture, in their order.</returns>
    public static async Task<IReadOnlyList<FinishedEdit>> RunAsync(
        EditDesk edits,
        IEnumerable<EditRequest> requests,
        EditReuse reuse,
        Func<int, EditTicketOptions> options,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    )
    {
        var all = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        List<Task<FinishedEdit>> running =
        [
            .. requests.Select((request, i) => edits.RunAsync(request, options(i), reuse, queued, all.Token)),
        ];
        Task<FinishedEdit>[] inOrder = [.. running];
        try
        {
            while (running.Count > 0)
            {
                Task<FinishedEdit> done = await Task.WhenAny(running);
                running.Remove(done);
                await done;
            }
        }
        finally
        {
            // After an error the others leave the engine at its next step, which the client need not wait for.
            _ = ReleaseAsync(inOrder, all);
        }
        return await Task.WhenAll(inOrder);
    }

    // A ticket may look at its token as long as it is not done. Errors after the first have nobody to go to.
    private static async Task ReleaseAsync(Task<FinishedEdit>[] edits, CancellationTokenSource all)
    {
        await all.CancelAsync();
        await Task.WhenAll(edits).ContinueWith(static edits => edits.Exception, TaskScheduler.Default);
        all.Dispose();
    }
}
