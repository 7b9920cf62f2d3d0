using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Api.Jobs.Storage;

namespace InstructDiffusion.Api.Jobs.Work;

/// <summary>A job that this server works on.</summary>
internal sealed class ActiveRun(LeasedJob leased) : IDisposable
{
    private readonly CancellationTokenSource _end = new();
    private volatile JobStep? _last;

    public LeasedJob Leased { get; } = leased;

    /// <summary>The last step; null before the first.</summary>
    public JobStep? Last
    {
        get => _last;
        set => _last = value;
    }

    /// <summary>Cancelled when the run is to end without a result: its job was cancelled, lost, or is handed back.</summary>
    public CancellationToken Ended => _end.Token;

    /// <summary>For the next renewal of its lease.</summary>
    public JobHeartbeat Heartbeat => new(Leased.Lease, Last?.Step ?? 0, Last?.Of ?? 0);

    /// <summary>Ends the run at its next step. May come late.</summary>
    public void End()
    {
        try
        {
            _end.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // It ended by itself.
        }
    }

    public void Dispose() => _end.Dispose();
}
