using System.Runtime.InteropServices;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class StopSignalsTests
{
    [Fact]
    public void Receive_FirstSignal_AsksToStop()
    {
        var said = new List<string>();
        using var signals = new StopSignals(said.Add);
        Assert.False(signals.Token.IsCancellationRequested);

        var signal = new PosixSignalContext(PosixSignal.SIGTERM);
        signals.Receive(signal);

        Assert.True(signals.Token.IsCancellationRequested);
        Assert.True(signal.Cancel);
        Assert.StartsWith("SIGTERM: writing a checkpoint", Assert.Single(said), StringComparison.Ordinal);
    }

    [Fact]
    public void Receive_SecondSignal_EndsTheProcess()
    {
        using var signals = new StopSignals(_ => { });
        signals.Receive(new PosixSignalContext(PosixSignal.SIGINT));

        var second = new PosixSignalContext(PosixSignal.SIGINT);
        signals.Receive(second);

        Assert.False(second.Cancel);
    }
}
