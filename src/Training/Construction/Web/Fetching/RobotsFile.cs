using System.Globalization;
using System.Text;

namespace InstructDiffusion.Training.Construction.Web.Fetching;

/// <summary>
/// A robots.txt (RFC 9309): groups of user agents with their rules. What is malformed is passed over; nothing in it can fail.
/// Crawl-delay, which the RFC does not have, is read as many sites mean it: seconds between requests.
/// </summary>
internal sealed class RobotsFile
{
    /// <summary>Bytes that are read; the rest is ignored (RFC 9309, 2.5).</summary>
    public const int MaxBytes = 500 * 1024;

    private readonly List<Group> _groups = [];

    private RobotsFile() { }

    /// <summary>Reads a file, or its beginning.</summary>
    public static RobotsFile Parse(ReadOnlySpan<byte> bytes)
    {
        var file = new RobotsFile();
        string text = Encoding.UTF8.GetString(bytes[..Math.Min(bytes.Length, MaxBytes)]).TrimStart('\uFEFF');
        bool startsGroup = true; // the next user-agent line begins a new one
        foreach (string line in text.Split('\n', '\r'))
        {
            (string name, string value) = Split(line);
            switch (name)
            {
                case "user-agent":
                    if (startsGroup)
                    {
                        file._groups.Add(new Group());
                    }
                    startsGroup = false;
                    file._groups[^1].Agents.Add(TokenOf(value));
                    break;
                case "allow" or "disallow" when file._groups.Count > 0:
                    startsGroup = true;
                    file._groups[^1].Add(value, allows: name is "allow");
                    break;
                case "crawl-delay" when file._groups.Count > 0:
                    startsGroup = true;
                    file._groups[^1].SetDelay(value);
                    break;
            }
        }
        return file;
    }

    /// <summary>What holds for a crawler: the groups that name it, together; else those for *; else nothing.</summary>
    /// <param name="token">See <see cref="CrawlerName.Token"/>; upper and lower case are the same.</param>
    public RobotsRules RulesFor(string token)
    {
        Group[] own = [.. _groups.Where(group => group.Agents.Contains(token, StringComparer.OrdinalIgnoreCase))];
        Group[] groups = own.Length > 0 ? own : [.. _groups.Where(group => group.Agents.Contains("*"))];
        return new RobotsRules([.. groups.SelectMany(group => group.Rules)], groups.Max(group => group.Delay));
    }

    private static (string Name, string Value) Split(string line)
    {
        int comment = line.IndexOf('#', StringComparison.Ordinal);
        string plain = comment < 0 ? line : line[..comment];
        int colon = plain.IndexOf(':', StringComparison.Ordinal);
        return colon < 0 ? ("", "") : (plain[..colon].Trim().ToLowerInvariant(), plain[(colon + 1)..].Trim());
    }

    // "example-bot/1.0 (…)" names example-bot.
    private static string TokenOf(string agent)
    {
        if (agent.StartsWith('*'))
        {
            return "*";
        }
        int length = 0;
        while (length < agent.Length && (char.IsAsciiLetter(agent[length]) || agent[length] is '-' or '_'))
        {
            length++;
        }
        return agent[..length];
    }

    private sealed class Group
    {
        private const double LongestDelay = 1e6;

        public List<string> Agents { get; } = [];

        public List<RobotsRule> Rules { get; } = [];

        public TimeSpan? Delay { get; private set; }

        public void Add(string path, bool allows)
        {
            if (path.Length == 0)
            {
                return; // an empty path fits nothing
            }
            bool isLong = path.Length > RobotsPath.Longest;
            if (isLong && allows)
            {
                return;
            }
            // Of a path too long to compare, the beginning is forbidden: more rather than less.
            string rule = isLong ? path[..RobotsPath.Longest] : path;
            Rules.Add(new RobotsRule(RobotsPath.OfRule(rule[0] is '/' or '*' ? rule : "/" + rule), allows));
        }

        public void SetDelay(string value)
        {
            bool isDelay =
                double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double seconds)
                && seconds >= 0;
            Delay = isDelay ? TimeSpan.FromSeconds(Math.Min(seconds, LongestDelay)) : Delay;
        }
    }
}

/// <summary>A rule.</summary>
/// <param name="Pattern">See <see cref="RobotsPath.OfRule"/>.</param>
/// <param name="Allows">Else it forbids.</param>
internal readonly record struct RobotsRule(string Pattern, bool Allows);

/// <summary>What a robots.txt says to one crawler.</summary>
/// <param name="Rules">In any order.</param>
/// <param name="Delay">Time it asks for between requests; null where it does not ask.</param>
internal sealed record RobotsRules(IReadOnlyList<RobotsRule> Rules, TimeSpan? Delay)
{
    /// <summary>Nothing is forbidden.</summary>
    public static RobotsRules AllowAll { get; } = new([], Delay: null);

    /// <summary>Everything is forbidden.</summary>
    public static RobotsRules DisallowAll { get; } = new([new RobotsRule("/", Allows: false)], Delay: null);

    /// <summary>Whether an address may be fetched: the longest rule that fits decides, of two equally long ones the kinder.</summary>
    public bool Allows(Uri address)
    {
        string path = RobotsPath.OfAddress(address);
        if (path is "/robots.txt")
        {
            return true;
        }
        RobotsRule best = new("", Allows: true);
        foreach (RobotsRule rule in Rules)
        {
            bool isBetter =
                rule.Pattern.Length > best.Pattern.Length
                || (rule.Pattern.Length == best.Pattern.Length && rule.Allows && !best.Allows);
            if (isBetter && RobotsPath.Fits(rule.Pattern, path))
            {
                best = rule;
            }
        }
        return best.Allows;
    }
}
