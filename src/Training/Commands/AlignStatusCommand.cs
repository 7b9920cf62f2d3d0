using System.CommandLine;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>align status</c>: how far candidates and answers are.</summary>
internal static class AlignStatusCommand
{
    public static Command Create()
    {
        Option<string> directory = AlignCommand.DirectoryOption();
        var command = new Command("status", "Tell how many candidates are made and who answered how many.")
        {
            directory,
        };
        command.SetAction(parse =>
        {
            TextWriter output = parse.InvocationConfiguration.Output;
            var folder = new CandidateFolder(parse.GetRequiredValue(directory));
            CandidatePlan plan = folder.ReadPlan();
            output.WriteLine($"model       {plan.Model.Name} {plan.Model.Sha256[..12]}");
            output.WriteLine($"candidates  {plan.Items.Count(folder.IsFinished)} of {plan.Items.Count} items");
            foreach (AnswerBook book in AnswerBook.All(folder))
            {
                IReadOnlyList<Answer> given = book.Given;
                string who =
                    book.Picker.Kind == PickerKind.Person ? book.Picker.Name! : $"automatic, {book.Picker.Metric}";
                output.WriteLine(
                    $"answers     {who}: {given.Count} items, {given.Sum(answer => answer.Chosen.Count)} pictures chosen, "
                        + $"{given.Count(answer => answer.Chosen.Count == 0)} without a good one"
                );
            }
            return 0;
        });
        return command;
    }
}
