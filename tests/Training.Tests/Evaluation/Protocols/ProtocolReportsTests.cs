using System.CommandLine;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Evaluation.Protocols;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Data;
using InstructDiffusion.Training.Tests.Scoring;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

/// <summary>Every protocol as it is typed: in process and over HTTP, with its three reports.</summary>
public sealed class ProtocolReportsTests : IDisposable
{
    private const string Threads = "2";

    private readonly TempFolder _made = new();
    private readonly List<DatasetWorkshop> _sets = [];

    public void Dispose()
    {
        _sets.ForEach(set => set.Dispose());
        _made.Dispose();
    }

    /// <summary>
    /// JSON, Markdown and a page with pictures, intervals around every figure and the paper's beside it, for all five protocols; and
    /// the same figures from a server as from the model in this process.
    /// </summary>
    [Fact]
    public async Task EveryProtocol_ReportsInThreeForms_InProcessAndOverHttpAlike()
    {
        CancellationToken cancelled = TestContext.Current.CancellationToken;
        await using RunningServer server = await RunningServer.StartAsync(Threads, cancelled);

        foreach ((string protocol, string[] arguments) in Protocols())
        {
            string inProcess = _made.Of(protocol);
            string overHttp = _made.Of($"{protocol}-http");
            Assert.Equal(0, await RunAsync(protocol, inProcess, arguments));
            Assert.Equal(0, await RunAsync(protocol, overHttp, [.. arguments, "--url", server.Address]));

            await RequireReportsAsync(inProcess, cancelled);
            string report = await File.ReadAllTextAsync(Path.Combine(inProcess, "report.json"), cancelled);
            Assert.Equal(
                report.Replace("\"in_process\"", "\"http\"", StringComparison.Ordinal),
                await File.ReadAllTextAsync(Path.Combine(overHttp, "report.json"), cancelled)
            );
            Assert.All(
                Directory.GetFiles(Path.Combine(inProcess, "pictures")),
                picture =>
                    Assert.Equal(
                        File.ReadAllBytes(picture),
                        File.ReadAllBytes(Path.Combine(overHttp, "pictures", Path.GetFileName(picture)))
                    )
            );
        }
    }

    private static async Task RequireReportsAsync(string folder, CancellationToken cancelled)
    {
        string json = await File.ReadAllTextAsync(Path.Combine(folder, "report.json"), cancelled);
        string text = await File.ReadAllTextAsync(Path.Combine(folder, "report.md"), cancelled);
        string page = await File.ReadAllTextAsync(Path.Combine(folder, "report.html"), cancelled);
        JsonNode split = Assert.Single(JsonNode.Parse(json)!["splits"]!.AsArray())!;
        Assert.Equal(2, split["items"]!.GetValue<int>());
        foreach (JsonNode? figure in split["figures"]!.AsArray())
        {
            JsonNode measured = figure!["measured"]!;
            foreach (string row in (string[])["model", "identity", "ceiling"])
            {
                if (measured[row] is { } estimate) // persons of other sizes than there are have none
                {
                    double value = estimate["value"]!.GetValue<double>();
                    Assert.InRange(value, estimate["low"]!.GetValue<double>(), estimate["high"]!.GetValue<double>());
                }
            }
        }
        JsonNode first = split["figures"]![0]!;
        Assert.NotNull(first["measured"]!["model"]);
        JsonNode stated = first["paper"]!.AsArray()[^1]!;
        JsonNode ours = first["paper"]!.AsArray().Single(paper => Method(paper) is "InstructDiffusion (paper)")!;
        string beside = FormattableString.Invariant($"{Method(ours)} {ours["value"]!.GetValue<double>():0.00}");
        Assert.Contains(beside, text, StringComparison.Ordinal);
        Assert.Contains(beside, page, StringComparison.Ordinal);
        Assert.Contains(Method(stated), page, StringComparison.Ordinal);
        int pictures = Directory.GetFiles(Path.Combine(folder, "pictures")).Length;
        Assert.Equal(2, pictures);
        Assert.Equal(pictures, page.Split("data:image/png;base64,").Length - 1);
        Assert.Equal(pictures, text.Split("![](pictures/").Length - 1);
    }

    private static string Method(JsonNode? paper) => paper!["method"]!.GetValue<string>();

    private IEnumerable<(string Protocol, string[] Arguments)> Protocols()
    {
        yield return (
            ProtocolNames.Keypoints,
            [.. SetOf(DataSourceKind.CocoKeypoints, "train2017"), "--known-as", "humanart"]
        );
        yield return (ProtocolNames.Referring, [.. Referring()]);
        yield return (ProtocolNames.Semantic, [.. SetOf(DataSourceKind.PascalVoc, "val")]);
        yield return (ProtocolNames.Restoration, [.. SetOf(DataSourceKind.GoPro, "train")]);
        yield return (ProtocolNames.Editing, [.. Edits()]);
    }

    private string[] SetOf(DataSourceKind kind, string part)
    {
        DatasetWorkshop workshop = New();
        SmallSets.Lay(workshop, kind);
        return ["--data-root", workshop.Root, "--set", DataSourceKinds.NameOf(kind), "--part", part];
    }

    private string[] Referring()
    {
        string[] arguments = SetOf(DataSourceKind.RefCoco, "val");
        string list = Path.Combine(arguments[1], "refcoco", "refs(unc).json");
        File.WriteAllText(list, File.ReadAllText(list).Replace("\"train\"", "\"val\"", StringComparison.Ordinal));
        return arguments;
    }

    private string[] Edits()
    {
        DatasetWorkshop workshop = New();
        workshop.Picture("1.png", TestImages.Photo(96, 72));
        workshop.Picture("2.png", TestImages.Photo(96, 72, 5));
        const string Edit =
            """{"source": "1.png", "target": "2.png", "instruction": "make it blue", "target_caption": "a blue dog", "category": "removal"}""";
        string path = workshop.Write("benchmark.jsonl", $"{Edit}\n{Edit}\n");
        return ["--data-root", path, "--clip", TinyClip.Write(_made)];
    }

    private DatasetWorkshop New()
    {
        _sets.Add(new DatasetWorkshop());
        return _sets[^1];
    }

    private static async Task<int> RunAsync(string protocol, string folder, string[] arguments)
    {
        ParseResult parse = EvaluateCommand
            .Create()
            .Parse([
                .. (string[])["--model", ModelLoader.ReferenceModelPath, "--protocol", protocol, "--out", folder],
                .. (string[])["--resolution", "64", "--steps", "1", "--threads", Threads],
                .. arguments,
            ]);
        Assert.Empty(parse.Errors);
        using var output = new StringWriter();
        var configuration = new InvocationConfiguration { Output = output, EnableDefaultExceptionHandler = false };
        return await parse.InvokeAsync(configuration, TestContext.Current.CancellationToken);
    }
}
