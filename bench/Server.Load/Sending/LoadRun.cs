using System.Diagnostics;
using InstructDiffusion.Server.Load.Traffic;

namespace InstructDiffusion.Server.Load.Sending;

/// <summary>Sends each planned request at its moment, however many are still under way.</summary>
internal static class LoadRun
{
    /// <summary>Runs the plan, and waits for the last answer.</summary>
    /// <param name="requests">In the order of their moments.</param>
    /// <param name="send">Sends one; told the timestamp of its planned moment.</param>
    /// <param name="cancellationToken">Ends the run.</param>
    public static async Task<IReadOnlyList<RequestOutcome>> RunAsync(
        IReadOnlyList<PlannedRequest> requests,
        Func<PlannedRequest, long, Task<RequestOutcome>> send,
        CancellationToken cancellationToken
    )
    {
        long start = Stopwatch.GetTimestamp();
        var sent = new List<Task<RequestOutcome>>(requests.Count);
        foreach (PlannedRequest request in requests)
        {
            TimeSpan early = request.At - Stopwatch.GetElapsedTime(start);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early, cancellationToken);
            }
            long planned = start + (long)(request.At.TotalSeconds * Stopwatch.Frequency);
            // Off this loop: building a form takes time, and the next request may be due.
            sent.Add(Task.Run(() => send(request, planned), cancellationToken));
        }
        return await Task.WhenAll(sent);
    }
}
