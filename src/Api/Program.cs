using InstructDiffusion.Api;

await ApiHost.Build(args).RunAsync();
