using System.CommandLine;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>align auto-pick</c>: chooses by measure where the right answer is known.</summary>
internal static class AlignAutoPickCommand
{
    /// <summary>1 dB: more than decoding alone moves the score, less than any edit that a person would see.</summary>
    private const double DefaultMargin = 1;

    public static Command Create()
    {
        Option<string> directory = AlignCommand.DirectoryOption();
        Option<int> limit = AlignCommand.LimitOption();
        var margin = new Option<double>("--margin")
        {
            Description = "By how many dB a candidate must beat the untouched source.",
            HelpName = "dB",
            DefaultValueFactory = static _ => DefaultMargin,
        };
        margin.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is >= 0 and <= 100))
            {
                result.AddError("--margin must be between 0 and 100");
            }
        });
        var command = new Command(
            "auto-pick",
            "Choose by measure where the right answer is known. The export names the picker as automatic."
        )
        {
            directory,
            limit,
            margin,
        };
        command.SetAction(
            (parse, cancellationToken) =>
            {
                var folder = new CandidateFolder(parse.GetRequiredValue(directory));
                var picker = new AutomaticPicker(
                    ChangedRegionScore.Psnr,
                    ChangedRegionScore.Metric,
                    parse.GetValue(margin),
                    parse.GetValue(limit)
                );
                AnswerBook book = picker.Pick(folder, cancellationToken);
                parse.InvocationConfiguration.Error.WriteLine(
                    $"{book.Given.Count} items measured, {book.Given.Sum(answer => answer.Chosen.Count)} pictures chosen, "
                        + $"{book.Given.Count(answer => answer.Chosen.Count == 0)} items without a good one"
                );
                return Task.FromResult(0);
            }
        );
        return command;
    }
}
