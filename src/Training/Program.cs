using InstructDiffusion.Training;
using InstructDiffusion.Training.Reporting;

using var signals = new StopSignals(Console.Error.WriteLine);
return await CommandLine.RunAsync(args, Console.Error, signals.Token);
