using System.Text.Json;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using YamlDotNet.RepresentationModel;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>Dashboards and alerts ask only for what the server says.</summary>
[Collection(nameof(TelemetryTests))]
public sealed class DeployTests
{
    private static readonly string Folder = RepositoryRoot.Of("deploy");

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Expressions_OfDashboardsAndAlerts_NameWhatAScrapeServes()
    {
        HashSet<string> served = [.. await ScrapeAsync(), .. RecordedRules()];
        served.UnionWith(MetricsTable.All.SelectMany(row => row.Samples)); // MetricsTableTests sees them all
        served.Add("up"); // Prometheus' own

        (string Where, string Expression)[] expressions = [.. DashboardExpressions(), .. RuleExpressions()];

        Assert.True(expressions.Length > 60, $"{expressions.Length} expressions");
        Assert.All(
            expressions,
            one =>
                Assert.All(
                    PromQl.Names(one.Expression),
                    name => Assert.True(served.Contains(name), $"{one.Where}: {name}")
                )
        );
    }

    [Fact]
    public void Expressions_OfDashboardsAndAlerts_AskForLabelsAndValuesThatThereAre()
    {
        (string Where, string Expression)[] expressions = [.. DashboardExpressions(), .. RuleExpressions()];

        foreach ((string where, string expression) in expressions)
        {
            foreach ((string metric, string label, string[] values) in PromQl.Matchers(expression))
            {
                MetricsTable.Row? row = MetricsTable
                    .All.Concat(MetricsTable.OfRealModels)
                    .FirstOrDefault(row => row.Samples.Contains(metric));
                if (row is null || label is "instance" or "le")
                {
                    continue; // of ASP.NET Core, or added by Prometheus
                }
                Assert.True(row.Labels.TryGetValue(label, out string[]? known), $"{where}: {metric} has no {label}");
                Assert.All(
                    values.Where(value => value.Length > 0),
                    value => Assert.True(known.Length == 0 || known.Contains(value), $"{where}: {label}=\"{value}\"")
                );
            }
        }
    }

    [Fact]
    public void Goal_OfTheAlerts_CountsEveryFaultOfTheServerAndNoOther()
    {
        string[] callersOwn = [ProblemKind.RateLimited.Code, ProblemKind.TooManyJobs.Code];
        IEnumerable<string> faults = ProblemKind
            .All.Where(kind => kind.Status is 429 or 500 or 503)
            .Select(kind => kind.Code)
            .Except(callersOwn);
        string[][] counted =
        [
            .. RuleExpressions()
                .Where(rule => rule.Where.Contains("edits_late", StringComparison.Ordinal))
                .SelectMany(rule => PromQl.Matchers(rule.Expression))
                .Where(matcher => matcher.Label is "error_type" && matcher.Values.Length > 1)
                .Select(matcher => matcher.Values),
        ];

        Assert.Equal(4, counted.Length);
        Assert.All(
            counted,
            codes => Assert.Equal(faults.Append("").Order(StringComparer.Ordinal), codes.Order(StringComparer.Ordinal))
        );
    }

    [Fact]
    public void Dashboards_AreWholeAndApart()
    {
        JsonElement[] boards = [.. Boards().Select(board => board.Root)];

        Assert.Equal(5, boards.Length);
        Assert.Equal(5, boards.Select(board => board.GetProperty("uid").GetString()).Distinct().Count());
        foreach (JsonElement board in boards)
        {
            JsonElement[] panels = [.. board.GetProperty("panels").EnumerateArray()];
            Assert.NotEmpty(panels);
            Assert.Equal(panels.Length, panels.Select(panel => panel.GetProperty("id").GetInt32()).Distinct().Count());
            HashSet<(int X, int Y)> taken = [];
            foreach (JsonElement place in panels.Select(panel => panel.GetProperty("gridPos")))
            {
                (int x, int y) = (place.GetProperty("x").GetInt32(), place.GetProperty("y").GetInt32());
                (int w, int h) = (place.GetProperty("w").GetInt32(), place.GetProperty("h").GetInt32());
                Assert.InRange(x + w, 1, 24);
                Assert.All(
                    from column in Enumerable.Range(x, w)
                    from line in Enumerable.Range(y, h)
                    select (column, line),
                    cell => Assert.True(taken.Add(cell), $"two panels at {cell}")
                );
            }
        }
    }

    [Fact]
    public void Yaml_OfEveryFile_CanBeRead()
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(Folder, "*", SearchOption.AllDirectories)
                .Where(file => Path.GetExtension(file) is ".yml" or ".yaml"),
        ];

        Assert.Equal(5, files.Length);
        Assert.All(files, file => Assert.IsType<YamlMappingNode>(Yaml(file)));
    }

    [Theory]
    [InlineData("sum by (le) (rate(a_bucket{b=\"c\"}[5m])) / ignoring (x) group_left sum(d) > 2 * 0.5", "a_bucket d")]
    [InlineData("a:b:c > 14.4 * 0.01 and increase(e_total[10m]) > 0", "a:b:c e_total")]
    [InlineData("max by (q) (f{g=~\"h|i\"}) or vector(1)", "f")]
    public void Names_OfExpression_AreItsMetrics(string expression, string names) =>
        Assert.Equal(names.Split(' '), PromQl.Names(expression));

    // The small model that comes with the program, as a fake one encodes nothing.
    private static async Task<IEnumerable<string>> ScrapeAsync()
    {
        await using var app = new ApiApplication
        {
            Load = cancellationToken =>
                ModelLoader.Open(
                    new ModelLoadOptions
                    {
                        Path = RepositoryRoot.Of("models", "reference"),
                        Pipeline = new EditPipelineOptions { TextCacheBytes = 1_000_000, SourceCacheBytes = 1_000_000 },
                    },
                    cancellationToken
                ),
        };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good(("steps", "1"), ("size", "64x64"));
        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
        Assert.Equal(200, (int)response.StatusCode);
        PrometheusText text = await Metrics.UntilAsync(client, "http_server_request_duration_seconds_count", 1);
        Assert.All(
            MetricsTable.OfRealModels.SelectMany(row => row.Samples),
            name => Assert.Contains(text.Samples, sample => sample.Name == name)
        );
        return text.Samples.Select(sample => sample.Name).Distinct().ToArray();
    }

    private static IEnumerable<(string File, JsonElement Root)> Boards() =>
        Directory
            .EnumerateFiles(Path.Combine(Folder, "grafana", "dashboards"), "*.json")
            .Select(file => (Path.GetFileName(file), JsonDocument.Parse(File.ReadAllText(file)).RootElement));

    private static IEnumerable<(string Where, string Expression)> DashboardExpressions() =>
        from board in Boards()
        from panel in board.Root.GetProperty("panels").EnumerateArray()
        from target in panel.GetProperty("targets").EnumerateArray()
        select ($"{board.File}, {panel.GetProperty("title").GetString()}", target.GetProperty("expr").GetString()!);

    private static IEnumerable<(string Where, string Expression)> RuleExpressions() =>
        Rules().Select(rule => (Text(rule, "record") ?? Text(rule, "alert")!, Text(rule, "expr")!));

    private static IEnumerable<string> RecordedRules() => Rules().Select(rule => Text(rule, "record")).OfType<string>();

    private static IEnumerable<YamlMappingNode> Rules() =>
        from @group in (YamlSequenceNode)Yaml(Path.Combine(Folder, "prometheus", "alerts.yml"))["groups"]
        from rule in (YamlSequenceNode)@group["rules"]
        select (YamlMappingNode)rule;

    private static string? Text(YamlMappingNode node, string key) =>
        node.Children.TryGetValue(key, out YamlNode? value) ? ((YamlScalarNode)value).Value : null;

    private static YamlNode Yaml(string file)
    {
        var stream = new YamlStream();
        using StreamReader reader = File.OpenText(file);
        stream.Load(reader);
        return Assert.Single(stream.Documents).RootNode;
    }
}
