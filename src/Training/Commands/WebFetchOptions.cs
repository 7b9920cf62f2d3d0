using System.CommandLine;
using System.Net;
using InstructDiffusion.Training.Construction.Web.Fetching;

namespace InstructDiffusion.Training.Commands;

/// <summary>How <c>construct web</c> fetches, on the command line.</summary>
internal sealed class WebFetchOptions
{
    private static readonly FetchOptions _usual = new() { Crawler = new CrawlerName("", "") };

    private readonly Option<CrawlerName> _crawler = new("--user-agent")
    {
        Description = "Who asks and whom to write to, e.g. \"example-pairs/1.0 (+https://example.org/crawler)\".",
        HelpName = "name",
        Required = true,
        CustomParser = result =>
        {
            if (!CrawlerName.TryParse(result.Tokens[0].Value, out CrawlerName? name, out string problem))
            {
                result.AddError($"--user-agent: {problem}");
            }
            return name;
        },
    };

    private readonly Option<string> _cache = new("--cache")
    {
        Description = "Folder for what is fetched; what is in it is not asked for again.",
        HelpName = "folder",
        Required = true,
    };

    private readonly Option<double> _delay = Seconds("--delay", "Between two requests to a host.", _usual.Delay);

    private readonly Option<double> _wait = Seconds(
        "--longest-wait",
        "That a host may ask for; who asks for more is left alone.",
        _usual.LongestWait
    );

    private readonly Option<double> _timeout = Seconds("--timeout", "Of a request.", _usual.Timeout);

    private readonly Option<int> _attempts = new("--attempts")
    {
        Description = "For an address whose host fails in passing.",
        HelpName = "count",
        DefaultValueFactory = _ => _usual.Attempts,
    };

    private readonly Option<int> _hosts = new("--hosts")
    {
        Description = "Asked at the same time, each one thing at a time.",
        HelpName = "count",
        DefaultValueFactory = _ => _usual.Hosts,
    };

    private readonly Option<bool> _refresh = new("--refresh")
    {
        Description = "Ask again for what the cache has; what was not modified is not sent again.",
    };

    private readonly Option<IPNetwork[]> _networks = new("--allow-network")
    {
        Description = "A network that may be called although it is not public, e.g. 127.0.0.0/8 to try a local site.",
        HelpName = "network",
        CustomParser = result =>
        {
            var networks = new List<IPNetwork>();
            foreach (string text in result.Tokens.Select(token => token.Value))
            {
                if (IPNetwork.TryParse(text, out IPNetwork network))
                {
                    networks.Add(network);
                }
                else
                {
                    result.AddError($"--allow-network: expected a network like 127.0.0.0/8, got '{text}'");
                }
            }
            return [.. networks];
        },
    };

    public WebFetchOptions() => DataOptions.RequireAtLeast(1, _attempts, _hosts);

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_crawler);
        command.Add(_cache);
        command.Add(_delay);
        command.Add(_wait);
        command.Add(_timeout);
        command.Add(_attempts);
        command.Add(_hosts);
        command.Add(_refresh);
        command.Add(_networks);
    }

    /// <summary>What was asked for.</summary>
    public FetchOptions Options(ParseResult parse) =>
        new()
        {
            Crawler = parse.GetRequiredValue(_crawler),
            Delay = TimeSpan.FromSeconds(parse.GetValue(_delay)),
            LongestWait = TimeSpan.FromSeconds(parse.GetValue(_wait)),
            Timeout = TimeSpan.FromSeconds(parse.GetValue(_timeout)),
            Attempts = parse.GetValue(_attempts),
            Hosts = parse.GetValue(_hosts),
            Refresh = parse.GetValue(_refresh),
            Networks = parse.GetValue(_networks) ?? [],
        };

    /// <summary>The cache, taken.</summary>
    public WebCache Cache(ParseResult parse) => WebCache.Take(parse.GetRequiredValue(_cache));

    /// <summary>A fetcher on the real network and clock.</summary>
    public WebFetcher Fetcher(ParseResult parse, WebCache cache) =>
        new(Options(parse), cache, Dns.GetHostAddressesAsync, TimeProvider.System, TimeProvider.System);

    private static Option<double> Seconds(string name, string description, TimeSpan usual)
    {
        const double Longest = 86_400;
        var option = new Option<double>(name)
        {
            Description = description,
            HelpName = "seconds",
            DefaultValueFactory = _ => usual.TotalSeconds,
        };
        option.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is > 0 and <= Longest))
            {
                result.AddError($"{name}: must be above 0 and at most {Longest}");
            }
        });
        return option;
    }
}
