using System.CommandLine;
using InstructDiffusion.Training.Data.Templates;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data templates</c>: the program's phrasings as files, to be changed.</summary>
internal static class DataTemplatesCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--out") { Description = "Folder to write to.", Required = true };
        var force = new Option<bool>("--force") { Description = "Replace files that are there." };
        var command = new Command("templates", "Write out the phrasings of each task, to be extended.")
        {
            output,
            force,
        };
        command.SetAction(parse =>
        {
            string folder = parse.GetRequiredValue(output);
            string[] files =
            [
                .. TaskTemplates.Placeholders.Keys.Select(task => Path.Combine(folder, TaskTemplates.FileOf(task))),
            ];
            if (!parse.GetValue(force) && Array.Find(files, File.Exists) is { } there)
            {
                throw new IOException($"{there}: is there already; --force replaces it");
            }
            Directory.CreateDirectory(folder);
            foreach (string task in TaskTemplates.Placeholders.Keys)
            {
                File.WriteAllBytes(Path.Combine(folder, TaskTemplates.FileOf(task)), TaskTemplates.BuiltIn(task));
            }
            parse.InvocationConfiguration.Output.WriteLine(
                $"{files.Length} files in {folder}; name the folder in a source's templates"
            );
            return 0;
        });
        return command;
    }
}
