using InstructDiffusion.Engine.Benchmarks;

return await BenchmarkProgram.RunAsync(args, Console.Out, Console.Error);
