using System.Runtime.InteropServices;

namespace InstructDiffusion.Api.Hosting;

/// <summary>
/// Who asks a second time to stop does not want to wait: the first SIGTERM or SIGINT is the host's own business, the second
/// ends what is left.
/// </summary>
internal sealed class StopSignals : IDisposable
{
    private readonly Action _onSecond;
    private readonly PosixSignalRegistration[] _registrations;
    private int _count;

    /// <summary>From now on signals are counted.</summary>
    /// <param name="onSecond">Called once, at the second.</param>
    public StopSignals(Action onSecond)
    {
        _onSecond = onSecond;
        _registrations =
        [
            PosixSignalRegistration.Create(PosixSignal.SIGTERM, Count),
            PosixSignalRegistration.Create(PosixSignal.SIGINT, Count),
        ];
    }

    public void Dispose() => Array.ForEach(_registrations, registration => registration.Dispose());

    // The host marks the signal as handled; the process goes on.
    private void Count(PosixSignalContext context)
    {
        if (Interlocked.Increment(ref _count) == 2)
        {
            _onSecond();
        }
    }
}
