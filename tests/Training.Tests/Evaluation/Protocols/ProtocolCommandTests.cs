using System.CommandLine;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Evaluation;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Data;
using InstructDiffusion.Training.Tests.Scoring;

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
        Assert.Equal(
            [33.71, 24.52, 22.71, 22.64, 24.16, 23.58, 29.54],
            split["figures"]![0]!["paper"]!.AsArray().Select(paper => paper!["value"]!.GetValue<double>())
        );
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

    /// <summary>Each setting is asked for once; the paper's figures stand beside, and its own rows are apart by the noise alone.</summary>
    [Fact]
    public async Task Sweep_OfAProtocol_GoesOnAndTakesMoreSettings()
    {
        SmallSets.Lay(_data, DataSourceKind.GoPro);
        string[] sweep =
        [
            .. (string[])["--protocol", "restoration", "--set", "gopro", "--part", "train", "--sweep"],
            .. (string[])["--text-scale", "1", "--image-scale", "1", "1.5", "--steps", "1"],
        ];
        Assert.Equal(0, await RunAsync(sweep));
        string first = await ReadAsync("report.json");
        string[] noted = File.ReadAllLines(_made.Of("items.jsonl"));
        Assert.Equal(1 + (2 * 2), noted.Length);
        File.WriteAllLines(_made.Of("items.jsonl"), noted[..^1]); // as if killed before the last item

        Assert.Equal(0, await RunAsync(sweep));

        Assert.Equal(noted, File.ReadAllLines(_made.Of("items.jsonl")));
        Assert.Equal(first, await ReadAsync("report.json"));
        Assert.Equal(0, await RunAsync([.. sweep, "2", "--noise-seed", "5", "6"]));
        JsonNode section = JsonNode.Parse(await ReadAsync("report.json"))!["sections"]![0]!;
        Assert.Equal("train", section["name"]!.GetValue<string>());
        Assert.Equal(4, section["rows"]!.AsArray().Count);
        Assert.All(section["rows"]!.AsArray(), row => Assert.Equal(2, row!["trials"]!.AsArray().Count));
        Assert.Equal(noted.Length + (4 * 2 * 2), File.ReadAllLines(_made.Of("items.jsonl")).Length);
        Assert.Contains("InstructDiffusion (paper) 23.58", await ReadAsync("report.md"), StringComparison.Ordinal);
        // The same items' figures without the model do not depend on settings.
        JsonNode[] identities =
        [
            .. section["rows"]!.AsArray().Select(row => row!["trials"]![0]!["figures"]![0]!["identity"]!),
        ];
        Assert.All(identities, identity => Assert.True(JsonNode.DeepEquals(identities[0], identity)));
    }

    /// <summary>A file of weights that was exchanged gives other figures: what was noted with the old one must not be mixed with them.</summary>
    [Fact]
    public async Task Editing_ClipExchangedUnderItsName_IsNoticed()
    {
        _data.Picture("1.png", TestImages.Photo(96, 72));
        string benchmark = _data.Write(
            "benchmark.jsonl",
            """{"source": "1.png", "instruction": "make it blue", "target_caption": "a dog", "category": "removal"}"""
        );
        string clip = TinyClip.Write(_made);
        string[] arguments = ["--protocol", "editing", "--clip", clip, "--steps", "1", "--data-root", benchmark];
        Assert.Equal(0, await RunAsync(arguments));
        Assert.Equal(0, await RunAsync(arguments));
        string weights = Path.Combine(clip, "model.safetensors");
        byte[] bytes = await File.ReadAllBytesAsync(weights, TestContext.Current.CancellationToken);
        bytes[^1] ^= 1;
        await File.WriteAllBytesAsync(weights, bytes, TestContext.Current.CancellationToken);

        var exchanged = await Assert.ThrowsAsync<EvaluationException>(() => RunAsync(arguments));

        Assert.Contains("begun for something else", exchanged.Message, StringComparison.Ordinal);
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
        string[] usual = ["--model", ModelLoader.ReferenceModelPath, "--out", _made.Path, "--resolution", "64"];
        string[] root = arguments.Contains("--data-root") ? [] : ["--data-root", _data.Root];
        ParseResult parse = EvaluateCommand.Create().Parse([.. usual, .. root, .. arguments]);
        Assert.Empty(parse.Errors);
        var configuration = new InvocationConfiguration { Output = _output, EnableDefaultExceptionHandler = false };
        return await parse.InvokeAsync(configuration, TestContext.Current.CancellationToken);
    }

    private Task<string> ReadAsync(string name) =>
        File.ReadAllTextAsync(_made.Of(name), TestContext.Current.CancellationToken);
}
