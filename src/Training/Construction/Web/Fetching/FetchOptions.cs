using System.Net;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>How pages and pictures are fetched.</summary>
internal sealed record FetchOptions
{
    /// <summary>Who asks.</summary>
    public required CrawlerName Crawler { get; init; }

    /// <summary>Least time between two requests to a host; robots.txt may ask for more.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>Requests for one address at most, when the host fails in passing.</summary>
    public int Attempts { get; init; } = 4;

    /// <summary>Longest wait that a host may ask for; who asks for more is left alone.</summary>
    public TimeSpan LongestWait { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Redirects followed.</summary>
    public int Redirects { get; init; } = 5;

    /// <summary>Time that one request may take, its body included.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Hosts that are asked at the same time; each one is asked one thing at a time.</summary>
    public int Hosts { get; init; } = 8;

    /// <summary>Ask again, with the validators kept, for what the cache has.</summary>
    public bool Refresh { get; init; }

    /// <summary>Networks that may be called although they are not on the public internet.</summary>
    public IReadOnlyList<IPNetwork> Networks { get; init; } = [];
}
