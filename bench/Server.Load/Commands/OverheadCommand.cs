using System.CommandLine;
using System.Diagnostics;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Server.Load.Measuring;
using InstructDiffusion.Server.Load.Reports;
using InstructDiffusion.Server.Load.Sending;
using InstructDiffusion.Server.Load.Servers;
using InstructDiffusion.Server.Load.Traffic;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Server.Load.Commands;

/// <summary>
/// <c>overhead</c>: what the server adds to the engine's time. One client after another sends a picture to a server whose engine
/// takes no time; of each answer's time the reading and writing of the picture files is taken off, as the server tells it.
/// </summary>
internal sealed class OverheadCommand : Command
{
    // Compilation in tiers, connections, caches.
    private const int WarmUp = 100;

    private static readonly string[] Codec = ["decode", "encode"];

    private readonly Option<int> _edits = new("--edits")
    {
        Description = "Edits that are measured.",
        DefaultValueFactory = _ => 500,
    };
    private readonly Option<int> _side = new("--side")
    {
        Description = "Side of the picture in pixels.",
        DefaultValueFactory = _ => 512,
    };
    private readonly Option<double> _limit = LoadOptions.Number(
        "--limit-ms",
        "Exit status 1 when the median is above this; 0 for no limit.",
        0,
        0,
        60_000
    );
    private readonly Option<string[]> _settings = LoadOptions.Settings();

    public OverheadCommand()
        : base("overhead", "Measure what the server adds to the engine's time, one edit after the other.")
    {
        Add(_edits);
        Add(_side);
        Add(_limit);
        Add(_settings);
        SetAction(MeasureAsync);
    }

    private async Task<int> MeasureAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        await using FakeServer server = await FakeServer.StartAsync(
            FakeSpeed.None,
            "http://127.0.0.1:0",
            LoadOptions.SettingsOf(parse.GetValue(_settings)),
            cancellationToken
        );
        int side = parse.GetValue(_side);
        byte[] picture = ImageCodec.Encode(TestImages.Photo(side, side), ImageFileFormat.Png);
        using var client = new HttpClient { BaseAddress = server.Address };
        var profile = new TrafficProfile { Phases = [] };
        var sender = new EditSender(client, profile, picture, isPolite: false);

        var total = new LatencyHistogram();
        var codec = new LatencyHistogram();
        var overhead = new LatencyHistogram();
        for (int edit = -WarmUp; edit < parse.GetValue(_edits); edit++)
        {
            RequestOutcome outcome = await sender.SendAsync(
                RequestOf(edit + WarmUp),
                Stopwatch.GetTimestamp(),
                cancellationToken
            );
            if (!outcome.IsServed)
            {
                throw new IOException($"an edit was answered with {outcome.Status} {outcome.Code} {outcome.Failure}");
            }
            if (edit >= 0)
            {
                var files = TimeSpan.FromMilliseconds(Codec.Sum(stage => outcome.Timings.GetValueOrDefault(stage)));
                total.Add(outcome.Latency);
                codec.Add(files);
                overhead.Add(outcome.Latency - files);
            }
        }
        await WriteAsync(parse.InvocationConfiguration.Output, side, picture.Length, total, codec, overhead);
        double limit = parse.GetValue(_limit);
        return limit > 0 && overhead.Quantile(0.5)?.TotalMilliseconds > limit ? 1 : 0;
    }

    private static PlannedRequest RequestOf(int index) =>
        new()
        {
            Index = index,
            Phase = 0,
            At = TimeSpan.Zero,
            Caller = 0,
            Steps = 1,
            Size = "auto",
            TextScale = 5,
            ImageScale = 1.25,
            Seed = index,
            LeavesAfter = null,
        };

    private static async Task WriteAsync(
        TextWriter output,
        int side,
        int bytes,
        LatencyHistogram total,
        LatencyHistogram codec,
        LatencyHistogram overhead
    )
    {
        await output.WriteAsync($"# What the server adds\n\n{Machine.Describe(TimeProvider.System)}");
        await output.WriteLineAsync(
            $"- {overhead.Count} edits of a {side}x{side} PNG of {bytes} bytes, one after the other, over loopback; engine time none\n"
        );
        await output.WriteLineAsync("| ms | p50 | p95 | p99 | longest |\n| --- | --: | --: | --: | --: |");
        await output.WriteLineAsync(Row("whole request", total));
        await output.WriteLineAsync(Row("reading and writing the files", codec));
        await output.WriteLineAsync(Row("the rest: the server's own", overhead));
    }

    private static string Row(string name, LatencyHistogram times) =>
        $"| {name} | {Ms(times.Quantile(0.5))} | {Ms(times.Quantile(0.95))} | {Ms(times.Quantile(0.99))} | {Ms(times.Longest)} |";

    private static string Ms(TimeSpan? time) => $"{time?.TotalMilliseconds:0.00}";
}
