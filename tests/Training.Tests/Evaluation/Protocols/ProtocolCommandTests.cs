using System.CommandLine;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Data;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

public sealed class ProtocolCommandTests : IDisposable
{
    private readonly DatasetWorkshop _data = new();
    private readonly TempFolder _made = new();
    private readonly StringWriter _output = new();

    public void Dispose()
    {
        _data.Dispose();
        _made.Dispose();
        _output.Dispose();
    }

    [Fact]
    public async Task Restoration_WritesReportsBesideThePapersFigures_AndOnceOnly()
    {
        SmallSets.Lay(_data, DataSourceKind.GoPro);
        string[] arguments = ["--protocol", "restoration", "--set", "gopro", "--part", "train", "--steps", "1"];

        Assert.Equal(0, await RunAsync(arguments));

        string report = await ReadAsync("report.json");
        JsonNode split = JsonNode.Parse(report)!["splits"]![0]!;
        Assert.Equal("psnr", split["figures"]![0]!["measured"]!["name"]!.GetValue<string>());
        Assert.Equal(23.58, split["figures"]![0]!["paper"]![2]!["value"]!.GetValue<double>());
        Assert.Contains("InstructDiffusion (paper) 23.58", await ReadAsync("report.md"), StringComparison.Ordinal);
        string page = await ReadAsync("report.html");
        Assert.Equal(2, page.Split("data:image/png;base64,").Length - 1);
        Assert.DoesNotContain("src=\"http", page, StringComparison.Ordinal);
        DateTime written = File.GetLastWriteTimeUtc(_made.Of("items.jsonl"));

        Assert.Equal(0, await RunAsync(arguments)); // all is done already

        Assert.Equal(report, await ReadAsync("report.json"));
        Assert.Equal(page, await ReadAsync("report.html"));
        Assert.Equal(written, File.GetLastWriteTimeUtc(_made.Of("items.jsonl")));
        var other = await Assert.ThrowsAsync<EvaluationException>(() => RunAsync([.. arguments, "--seed", "9"]));
        Assert.Contains("begun for something else", other.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("give either --data or --protocol", "--model", "m", "--out", "o")]
    [InlineData(
        "give either --data or --protocol",
        "--model",
        "m",
        "--out",
        "o",
        "--data",
        "d",
        "--protocol",
        "semantic"
    )]
    [InlineData("--protocol needs --data-root", "--model", "m", "--out", "o", "--protocol", "semantic")]
    [InlineData(
        "--protocol needs --model",
        "--autoencoder",
        "a",
        "--out",
        "o",
        "--protocol",
        "semantic",
        "--data-root",
        "r"
    )]
    [InlineData(
        "restoration needs --set",
        "--model",
        "m",
        "--out",
        "o",
        "--protocol",
        "restoration",
        "--data-root",
        "r"
    )]
    [InlineData(
        "--set gopro is none of semantic",
        "--model",
        "m",
        "--out",
        "o",
        "--protocol",
        "semantic",
        "--data-root",
        "r",
        "--set",
        "gopro"
    )]
    [InlineData("editing needs --clip", "--model", "m", "--out", "o", "--protocol", "editing", "--data-root", "r")]
    [InlineData("dancing", "--model", "m", "--out", "o", "--protocol", "dancing", "--data-root", "r")]
    public void Parse_WrongUse_IsNamed(string message, params string[] arguments)
    {
        ParseResult parse = EvaluateCommand.Create().Parse(arguments);

        Assert.Contains(parse.Errors, error => error.Message.Contains(message, StringComparison.Ordinal));
    }

    private async Task<int> RunAsync(string[] arguments)
    {
        string[] usual = ["--model", ModelLoader.ReferenceModelPath, "--out", _made.Path, "--data-root", _data.Root];
        ParseResult parse = EvaluateCommand.Create().Parse([.. usual, .. arguments, "--resolution", "64"]);
        Assert.Empty(parse.Errors);
        var configuration = new InvocationConfiguration { Output = _output, EnableDefaultExceptionHandler = false };
        return await parse.InvokeAsync(configuration, TestContext.Current.CancellationToken);
    }

    private Task<string> ReadAsync(string name) =>
        File.ReadAllTextAsync(_made.Of(name), TestContext.Current.CancellationToken);
}
