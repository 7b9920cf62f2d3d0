using System.CommandLine;
using System.Globalization;
using InstructDiffusion.Server.Load.Servers;

namespace InstructDiffusion.Server.Load.Commands;

/// <summary>Options that several commands have, and the checks of options.</summary>
internal static class LoadOptions
{
    /// <summary>A number in a range.</summary>
    public static Option<double> Number(string name, string description, double standard, double least, double most)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => standard };
        option.Validators.Add(result =>
        {
            double value = result.GetValueOrDefault<double>();
            if (!(value >= least && value <= most))
            {
                result.AddError(
                    string.Create(
                        CultureInfo.InvariantCulture,
                        $"{name} must be between {least} and {most}, got {value}"
                    )
                );
            }
        });
        return option;
    }

    /// <summary>Texts of which every one must be understood.</summary>
    public static Option<string[]> Texts(string name, string description, string[] standard, Func<string, bool> isGood)
    {
        var option = new Option<string[]>(name)
        {
            Description = description,
            DefaultValueFactory = _ => standard,
            AllowMultipleArgumentsPerToken = true,
        };
        option.Validators.Add(result =>
        {
            foreach (string bad in (result.GetValueOrDefault<string[]>() ?? []).Where(text => !isGood(text)))
            {
                result.AddError($"{name}: cannot understand '{bad}'");
            }
        });
        return option;
    }

    /// <summary>Settings for a server in this process.</summary>
    public static Option<string[]> Settings() =>
        Texts(
            "--set",
            "A setting of the server, e.g. Queue:Capacity=8; may come several times.",
            [],
            text => text.IndexOf('=', StringComparison.Ordinal) > 0
        );

    /// <summary>Settings as the server takes them.</summary>
    public static string[] SettingsOf(string[]? settings) =>
        [
            // What the command is about is not the disk.
            "--Jobs:Enabled=false",
            .. (settings ?? []).Select(setting => $"--{setting}"),
        ];

    public static Option<double> StepMs() =>
        Number("--step-ms", "Milliseconds of a step, whatever is in it.", 20, 0, 60_000);

    public static Option<double> RowMs() => Number("--row-ms", "More for each row of 512x512 pixels.", 5, 0, 60_000);

    public static Option<double> PrepareMs() =>
        Number("--prepare-ms", "Milliseconds to encode an edit.", 20, 0, 60_000);

    public static Option<double> FinishMs() => Number("--finish-ms", "Milliseconds to decode an edit.", 40, 0, 60_000);

    /// <summary>Two numbers parted by a character, e.g. <c>5-50</c>; null when the text is something else.</summary>
    public static (double First, double Second)? Pair(string text, char between) =>
        text.Split(between) is [var first, var second]
        && double.TryParse(first, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double a)
        && double.TryParse(second, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double b)
            ? (a, b)
            : null;

    /// <summary>The fake engine's speed.</summary>
    public static FakeSpeed SpeedOf(
        ParseResult parse,
        Option<double> step,
        Option<double> row,
        Option<double> prepare,
        Option<double> finish
    ) => new(parse.GetValue(step), parse.GetValue(row), parse.GetValue(prepare), parse.GetValue(finish));
}
