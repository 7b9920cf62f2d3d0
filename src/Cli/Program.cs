using System.Runtime.InteropServices;
using InstructDiffusion.Cli;
using InstructDiffusion.Engine.Loading;

using var stop = new CancellationTokenSource();
using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, StopOnce);
using PosixSignalRegistration terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, StopOnce);
return await CommandLine.RunAsync(args, Terminal.OfProcess(), ModelLoader.Open, stop.Token);

// The first signal ends the work tidily; a second one ends the process.
void StopOnce(PosixSignalContext context)
{
    context.Cancel = !stop.IsCancellationRequested;
    stop.Cancel();
}
