namespace InstructDiffusion.Cli.Pull;

/// <summary>
/// Repeats what failed for a passing reason, waiting longer each time. Only failures in a row without progress count:
/// a long download over a bad line may break often.
/// </summary>
internal sealed record RetryPolicy
{
    public int MaxAttempts { get; init; } = 6;

    public TimeSpan FirstDelay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Longest wait between attempts; a hub that asks for more is given up on.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How to wait; replaced in tests.</summary>
    public Func<TimeSpan, CancellationToken, Task> Wait { get; init; } = Task.Delay;

    /// <param name="attempt">The work.</param>
    /// <param name="progress">A number that is larger after an attempt that got somewhere.</param>
    /// <param name="say">Takes the line that announces a repetition.</param>
    /// <param name="cancellationToken">Ends work and waiting.</param>
    public async Task<T> RunAsync<T>(
        Func<Task<T>> attempt,
        Func<long> progress,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        int failures = 0;
        while (true)
        {
            long before = progress();
            try
            {
                return await attempt();
            }
            catch (HubException failure) when (failure.IsTransient)
            {
                failures = progress() > before ? 1 : failures + 1;
                TimeSpan delay = DelayAfter(failures, failure.RetryAfter);
                if (failures >= MaxAttempts || delay > MaxDelay)
                {
                    throw;
                }
                say($"{failure.Message}; trying again in {delay.TotalSeconds:0.#} s");
                await Wait(delay, cancellationToken);
            }
        }
    }

    private TimeSpan DelayAfter(int failures, TimeSpan? asked)
    {
        TimeSpan backoff = FirstDelay * Math.Pow(2, failures - 1);
        TimeSpan bounded = backoff < MaxDelay ? backoff : MaxDelay;
        return asked > bounded ? asked.Value : bounded;
    }
}
