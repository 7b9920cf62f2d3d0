using System.CommandLine;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Server.Load.Measuring;
using InstructDiffusion.Server.Load.Reports;
using InstructDiffusion.Server.Load.Sending;
using InstructDiffusion.Server.Load.Traffic;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Server.Load.Commands;

/// <summary><c>run</c>: random load against a server, and a report of what became of it.</summary>
internal sealed class RunCommand : Command
{
    private readonly Option<string> _url = new("--url")
    {
        Description = "The server.",
        DefaultValueFactory = _ => "http://127.0.0.1:5099",
    };

    private readonly Option<string[]> _phases = LoadOptions.Texts(
        "--phase",
        "RATE:SECONDS, requests a second on average and for how long; may come several times.",
        ["2:30"],
        text => LoadPhase.Parse(text) is not null
    );

    private readonly Option<string[]> _steps = LoadOptions.Texts(
        "--steps",
        "LEAST-MOST denoising steps.",
        ["5-50"],
        text => LoadOptions.Pair(text, '-') is { First: >= 1, Second: <= 500 } pair && pair.First <= pair.Second
    );

    private readonly Option<string[]> _sizes = LoadOptions.Texts(
        "--size",
        "Values of the field size.",
        ["auto"],
        _ => true
    );

    private readonly Option<string[]> _scales = LoadOptions.Texts(
        "--scales",
        "TEXT/IMAGE guidance scales.",
        ["5/1.25", "5/0.5", "0.5/0.5"],
        text => LoadOptions.Pair(text, '/') is not null
    );

    private readonly Option<string[]> _callers = LoadOptions.Texts(
        "--caller",
        "KEY:SHARE, an API key and its share of the requests; may come several times.",
        [],
        text => CallerOf(text) is not null
    );

    private readonly Option<double> _leaving = LoadOptions.Number(
        "--leaving",
        "Share of clients that go away.",
        0,
        0,
        1
    );
    private readonly Option<int?> _deadline = new("--deadline-ms") { Description = "The field deadline_ms." };
    private readonly Option<string?> _priority = new("--priority") { Description = "The field priority." };
    private readonly Option<bool> _polite = new("--polite")
    {
        Description = "Come back after Retry-After when refused.",
    };
    private readonly Option<int> _side = new("--side")
    {
        Description = "Side of the picture in pixels.",
        DefaultValueFactory = _ => 512,
    };
    private readonly Option<int> _seed = new("--seed")
    {
        Description = "Seed of everything random.",
        DefaultValueFactory = _ => 1,
    };
    private readonly Option<double> _timeout = LoadOptions.Number(
        "--timeout",
        "Seconds to wait for an answer.",
        600,
        1,
        86_400
    );
    private readonly Option<string?> _metricsKey = new("--metrics-key")
    {
        Description = "Key that may read /metrics, on a server with keys.",
    };
    private readonly Option<string> _output = new("--output")
    {
        Description = "Folder for report.md and requests.csv.",
        DefaultValueFactory = _ => "load-report",
    };

    public RunCommand()
        : base("run", "Send edits at random moments, whatever the server does, and report what became of them.")
    {
        foreach (
            Option option in new Option[]
            {
                _url,
                _phases,
                _steps,
                _sizes,
                _scales,
                _callers,
                _leaving,
                _deadline,
                _priority,
                _polite,
                _side,
                _seed,
                _timeout,
                _metricsKey,
                _output,
            }
        )
        {
            Add(option);
        }
        SetAction(RunAsync);
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        TrafficProfile profile = ProfileOf(parse);
        IReadOnlyList<PlannedRequest> requests = TrafficPlan.Of(profile);
        TextWriter progress = parse.InvocationConfiguration.Error;
        await progress.WriteLineAsync($"{requests.Count} requests in {profile.Phases.Sum(phase => phase.Seconds)} s");

        int side = parse.GetValue(_side);
        byte[] picture = ImageCodec.Encode(TestImages.Photo(side, side), ImageFileFormat.Png);
        using HttpClient client = ClientOf(parse);
        var sender = new EditSender(client, profile, picture, parse.GetValue(_polite));
        string? key = parse.GetValue(_metricsKey) ?? profile.Callers.Select(caller => caller.Key).FirstOrDefault();
        ServerFigures before = await ServerFigures.ReadAsync(client, key, cancellationToken);
        using var watched = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<IReadOnlyList<double>> memory = MemoryWatch.RunAsync(client, key, watched.Token);
        IReadOnlyList<RequestOutcome> outcomes = await LoadRun.RunAsync(
            requests,
            (request, planned) => sender.SendAsync(request, planned, cancellationToken),
            cancellationToken
        );
        await watched.CancelAsync();
        ServerFigures after = await ServerFigures.ReadAsync(client, key, cancellationToken);

        string folder = parse.GetValue(_output)!;
        Directory.CreateDirectory(folder);
        string report = LoadReport.Write(
            $"Load on {client.BaseAddress}",
            profile,
            outcomes,
            (before, after),
            await memory,
            Machine.Describe(TimeProvider.System)
        );
        await File.WriteAllTextAsync(Path.Combine(folder, "report.md"), report, cancellationToken);
        await RequestTable.WriteAsync(Path.Combine(folder, "requests.csv"), outcomes);
        await parse.InvocationConfiguration.Output.WriteAsync(report);
        return 0;
    }

    private TrafficProfile ProfileOf(ParseResult parse)
    {
        (double least, double most) = LoadOptions.Pair(parse.GetValue(_steps)![0], '-')!.Value;
        return new TrafficProfile
        {
            Phases = [.. parse.GetValue(_phases)!.Select(text => LoadPhase.Parse(text)!)],
            Seed = parse.GetValue(_seed),
            Steps = ((int)least, (int)most),
            Sizes = parse.GetValue(_sizes)!,
            Scales = [.. parse.GetValue(_scales)!.Select(text => LoadOptions.Pair(text, '/')!.Value)],
            Callers = [.. parse.GetValue(_callers)!.Select(text => CallerOf(text)!.Value)],
            Leaving = parse.GetValue(_leaving),
            DeadlineMs = parse.GetValue(_deadline),
            Priority = parse.GetValue(_priority),
        };
    }

    private HttpClient ClientOf(ParseResult parse)
    {
        // An open loop needs as many connections as there are requests under way.
        var handler = new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue, AllowAutoRedirect = false };
        return new HttpClient(handler)
        {
            BaseAddress = new Uri(parse.GetValue(_url)!),
            Timeout = TimeSpan.FromSeconds(parse.GetValue(_timeout)),
        };
    }

    private static (string Key, double Share)? CallerOf(string text)
    {
        int colon = text.LastIndexOf(':');
        return colon > 0 && LoadOptions.Pair($"{text[(colon + 1)..]}-0", '-') is { First: > 0 } share
            ? (text[..colon], share.First)
            : null;
    }
}
