using System.CommandLine;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Commands;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class AlignCommandTests : IDisposable
{
    private readonly AlignmentWorkshop _workshop = new(items: 2);
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _workshop.Dispose();
        _out.Dispose();
        _error.Dispose();
    }

    [Fact]
    public void Candidates_AutoPick_Export_Status_WithARealModel()
    {
        string folder = _workshop.PathOf("real");
        Assert.Equal(0, Run(["candidates", "--out", folder, .. Small]));
        Assert.Equal(0, Run(["candidates", "--out", folder, .. Small])); // nothing left to do
        Assert.Equal(0, Run("auto-pick", "--dir", folder, "--margin", "0"));
        Assert.Equal(0, Run("export", "--dir", folder));
        Assert.Equal(0, Run("status", "--dir", folder));

        var made = new CandidateFolder(folder);
        Assert.Equal([(0, 1), (5, 1)], made.ReadItem("item-1").Candidates.Select(c => (c.TextScale, c.ImageScale)));
        Assert.Equal("untrained-reference", made.ReadPlan().Model.Name);
        Assert.Contains("candidates  2 of 2 items", _out.ToString(), StringComparison.Ordinal);
        Assert.Contains("automatic, changed_region_psnr: 2 items", _out.ToString(), StringComparison.Ordinal);
        Assert.True(File.Exists(Path.Combine(folder, "picks.json")));
    }

    [Theory]
    [InlineData("--scales-text", "3,x", "--scales-text must be numbers")]
    [InlineData("--scales-image", "51", "--scales-image must be numbers from 0 to 50")]
    [InlineData("--batch", "0", "--batch must be at least 1")]
    [InlineData("--sampler", "magic", "magic")]
    public void Candidates_WrongValue_IsNamed(string option, string value, string message)
    {
        ParseResult parse = AlignCommand
            .Create()
            .Parse(["candidates", "--out", "o", "--model", "m", "--data", "d", option, value]);

        Assert.Contains(parse.Errors, error => error.Message.Contains(message, StringComparison.Ordinal));
    }

    [Fact]
    public void ScalesByDefault_AreTwentyPairs()
    {
        ParseResult parse = AlignCommand.Create().Parse(["candidates", "--out", "o", "--model", "m", "--data", "d"]);

        Assert.Empty(parse.Errors);
        Assert.Equal([3, 4, 5, 6, 7.5], parse.GetRequiredValue<double[]>("--scales-text"));
        Assert.Equal([0.75, 1, 1.25, 1.5], parse.GetRequiredValue<double[]>("--scales-image"));
    }

    private string[] Small =>
        [
            "--model",
            RepositoryRoot.Of("models", "reference"),
            "--data",
            _workshop.Root,
            "--scales-text",
            "0,5",
            "--scales-image",
            "1",
            "--steps",
            "2",
            "--resolution",
            "64",
        ];

    private int Run(params string[] args) =>
        AlignCommand
            .Create()
            .Parse(args)
            .Invoke(
                new InvocationConfiguration
                {
                    Output = _out,
                    Error = _error,
                    EnableDefaultExceptionHandler = false,
                }
            );
}
