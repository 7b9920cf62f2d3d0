using System.CommandLine;
using InstructDiffusion.Training.Commands;

var root = new RootCommand("Trains the models that edit pictures by instruction.") { DataCommand.Create() };
return await root.Parse(args).InvokeAsync();
