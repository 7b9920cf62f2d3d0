namespace InstructDiffusion.Server.Load.Measuring;

/// <summary>Looks at a server's memory again and again while it is under load.</summary>
internal static class MemoryWatch
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Looks until it is told to end.</summary>
    /// <param name="client">Goes to the server.</param>
    /// <param name="key">A key that may read metrics; null for none.</param>
    /// <param name="end">Ends the watch, which is no error.</param>
    /// <returns>Resident memory in MiB, one figure a second; empty where the server does not tell.</returns>
    public static async Task<IReadOnlyList<double>> RunAsync(HttpClient client, string? key, CancellationToken end)
    {
        var seen = new List<double>();
        try
        {
            while (true)
            {
                if (await ServerFigures.ReadMemoryAsync(client, key, end) is { } memory)
                {
                    seen.Add(memory);
                }
                await Task.Delay(Pause, end);
            }
        }
        catch (OperationCanceledException)
        {
            return seen;
        }
    }
}
