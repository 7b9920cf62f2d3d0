using System.CommandLine;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>align export</c>: gathers everyone's answers into the file that is trained on.</summary>
internal static class AlignExportCommand
{
    public static Command Create()
    {
        Option<string> directory = AlignCommand.DirectoryOption();
        var agree = new Option<int>("--agree")
        {
            Description = "A picture is taken when at least so many pickers chose it.",
            HelpName = "count",
            DefaultValueFactory = static _ => 1,
        };
        agree.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1)
            {
                result.AddError("--agree must be at least 1");
            }
        });
        var command = new Command("export", $"Gather the answers into {PicksExport.FileName}.") { directory, agree };
        command.SetAction(parse =>
        {
            var export = new PicksExport(new CandidateFolder(parse.GetRequiredValue(directory)));
            Picks picks = export.Gather(parse.GetValue(agree));
            string file = export.Write(picks);
            parse.InvocationConfiguration.Error.WriteLine(
                $"{picks.Items.Sum(item => item.Chosen.Count)} pictures for {picks.Items.Count} items"
            );
            parse.InvocationConfiguration.Output.WriteLine(file);
            return 0;
        });
        return command;
    }
}
