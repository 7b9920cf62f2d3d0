using System.Runtime.InteropServices;

namespace InstructDiffusion.Training.Reporting;

/// <summary>Ctrl-C and SIGTERM: the first asks to write a checkpoint and leave, the second ends the process at once.</summary>
public sealed class StopSignals : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly PosixSignalRegistration[] _registrations;
    private readonly Action<string> _say;
    private int _received;

    /// <summary>Listens until disposed.</summary>
    /// <param name="say">Told, on another thread, what the first signal begins.</param>
    public StopSignals(Action<string> say)
    {
        ArgumentNullException.ThrowIfNull(say);
        _say = say;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Receive),
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Receive),
        ];
    }

    /// <summary>Cancelled by the first signal.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Signals have their usual effect again.</summary>
    public void Dispose()
    {
        foreach (PosixSignalRegistration registration in _registrations)
        {
            registration.Dispose();
        }
        // The source is left: a signal may be on its way to it, and it holds nothing that needs freeing.
    }

    /// <summary>What a signal does; <see cref="PosixSignalContext.Cancel"/> is left false when the process is to end.</summary>
    internal void Receive(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _received) > 1)
        {
            return;
        }
        context.Cancel = true;
        _say($"{context.Signal}: writing a checkpoint and leaving; once more ends at once");
        _stop.Cancel();
    }
}
