namespace InstructDiffusion.Api.Jobs.Progress;

/// <summary>
/// Carries notices from whoever makes them to whoever waits for them. It may lose some: listeners look into the store from
/// time to time.
/// </summary>
internal interface IProgressBus
{
    /// <summary>Tells all listeners. Returns at once, and may be called on the engine's thread.</summary>
    void Publish(JobNotice notice);

    /// <summary>Listens until the result is disposed of.</summary>
    /// <param name="jobId">The job to hear about; null for all.</param>
    /// <param name="take">Called on the teller's thread: must be quick, and must not throw.</param>
    IDisposable Subscribe(string? jobId, Action<JobNotice> take);

    /// <summary>The last steps that a job was told to have taken, oldest first, previews left out; empty if it runs elsewhere.</summary>
    IReadOnlyList<JobNotice> Recent(string jobId);
}
