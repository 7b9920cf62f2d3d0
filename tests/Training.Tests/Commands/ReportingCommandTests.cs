using System.CommandLine;
using System.Xml.Linq;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Tests.Reporting;
using InstructDiffusion.Training.Tests.Running;

namespace InstructDiffusion.Training.Tests.Commands;

public sealed class ReportingCommandTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _out = new();

    public void Dispose()
    {
        _folder.Dispose();
        _out.Dispose();
    }

    [Fact]
    public void Plan_Recipe_IsPrinted()
    {
        string recipe = _folder.Of("recipe.json");
        File.WriteAllText(recipe, RecipeFile.Print(TinyRun.Autoencoder(steps: 7)));

        int code = Run(
            PlanCommand.Create(),
            "--recipe",
            recipe,
            "--set",
            "optimization.batch_size=10",
            "--gflops",
            "100"
        );

        Assert.Equal(0, code);
        string[] lines = _out.ToString().ReplaceLineEndings("\n").Split('\n');
        Assert.Contains("  samples                                 70", lines);
        Assert.Contains(lines, line => line.StartsWith("at 0.5 of 100 GFLOP/s;", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    public void Plan_ImpossibleRate_IsRefused(string rate)
    {
        ParseResult parse = PlanCommand.Create().Parse(["--recipe", "r", "--gflops", rate]);

        Assert.Contains("--gflops: must be above 0", parse.Errors.Select(error => error.Message));
    }

    [Fact]
    public void Curves_Run_IsDrawn()
    {
        using (StepLog log = StepLog.Open(_folder.Of("steps.jsonl"), firstStep: 0))
        {
            log.Append(StepRecords.Of(0, loss: 1));
            log.Append(StepRecords.Of(1, loss: 0.5));
        }
        string output = _folder.Of("curves.svg");

        Assert.Equal(0, Run(CurvesCommand.Create(), "--run", _folder.Path, "--out", output, "--title", "A run"));

        string[] texts =
        [
            .. XElement.Load(output).Descendants().Where(e => e.Name.LocalName is "text").Select(e => e.Value),
        ];
        Assert.Superset(new HashSet<string> { "A run", "all", "removal", "segmentation" }, texts.ToHashSet());
    }

    private int Run(Command command, params string[] args) =>
        command
            .Parse(args)
            .Invoke(new InvocationConfiguration { Output = _out, EnableDefaultExceptionHandler = false });
}
