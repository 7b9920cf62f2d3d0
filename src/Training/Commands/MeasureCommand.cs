using System.CommandLine;
using System.Globalization;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>measure</c>: how fast a recipe trains here, in one run with the machine's ceiling and the loader's rate.</summary>
internal static class MeasureCommand
{
    public static Command Create()
    {
        var recipe = new RecipeOptions();
        var steps = new Option<int>("--steps") { Description = "Steps to time.", DefaultValueFactory = _ => 20 };
        steps.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 2)
            {
                result.AddError("--steps: must be at least 2");
            }
        });
        var command = new Command("measure", "Trains a few steps and tells the rate, beside the machine's ceiling.")
        {
            steps,
        };
        recipe.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () => Print(recipe.Load(parse), parse.GetValue(steps), parse.InvocationConfiguration.Output, stop),
                    CancellationToken.None
                )
        );
        return command;
    }

    private static void Print(TrainingRecipe recipe, int steps, TextWriter console, CancellationToken stop)
    {
        ProgressLine line = ProgressLine.OfProcess(TimeSpan.FromSeconds(30));
        Throughput measured = Throughput.Measure(recipe, steps, line, stop);
        (string, string)[] rows =
        [
            ("samples/s", Number(measured.SamplesPerSecond)),
            ("workers", Number(measured.Workers)),
            ("GFLOP a sample", Number(measured.FlopsPerSample / 1e9)),
            ("GFLOP/s", Number(measured.GigaFlops)),
            ("ceiling, GFLOP/s", Number(measured.CeilingGigaFlops)),
            ("share of the ceiling, %", Number(100 * measured.GigaFlops / measured.CeilingGigaFlops)),
            ("loader alone, samples/s", Number(measured.LoaderSamplesPerSecond)),
            ("waiting for data, %", Number(100 * measured.DataWaitShare)),
        ];
        foreach ((string name, string value) in rows)
        {
            console.WriteLine($"{name, -26}{value, 12}");
        }
    }

    private static string Number(double value) => value.ToString("0.##", CultureInfo.InvariantCulture);
}
