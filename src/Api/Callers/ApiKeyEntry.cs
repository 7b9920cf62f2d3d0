using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.RegularExpressions;

namespace InstructDiffusion.Api.Callers;

/// <summary>
/// A key as it is stored, in the settings or as one line of JSON in the keys file. The program's command line compiles this
/// file too.
/// </summary>
internal sealed partial record ApiKeyEntry
{
    private static readonly JsonSerializerOptions Json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        AllowDuplicateProperties = false,
    };

    /// <summary>Whose key it is: the caller's name. Two keys of one name are one caller, so that a key can be replaced.</summary>
    public string Name { get; init; } = "";

    /// <summary>See <see cref="ApiKey.Hash"/>.</summary>
    public string Hash { get; init; } = "";

    /// <summary>What its holder may do: names of <see cref="Scope"/>, parted by spaces or commas.</summary>
    public string Scopes { get; init; } = "";

    /// <summary>When it ends; null for never.</summary>
    public DateTimeOffset? Expires { get; init; }

    /// <summary>Requests a minute; null for the server's default.</summary>
    public int? RequestsPerMinute { get; init; }

    /// <summary>Seconds of the engine's time a minute; null for the server's default.</summary>
    public double? EngineSecondsPerMinute { get; init; }

    /// <summary>Requests at once; null for the server's default.</summary>
    public int? ConcurrentRequests { get; init; }

    /// <summary>Reads a line of the keys file.</summary>
    /// <exception cref="JsonException">It is not such a line.</exception>
    public static ApiKeyEntry Parse(string line) =>
        JsonSerializer.Deserialize<ApiKeyEntry>(line, Json) ?? throw new JsonException("null is no key.");

    /// <summary>The line of the keys file.</summary>
    public string ToLine() => JsonSerializer.Serialize(this, Json);

    /// <summary>What is wrong with it; each reads on from "the key ".</summary>
    public IEnumerable<string> Faults()
    {
        if (!ValidName().IsMatch(Name))
        {
            yield return $"has the name '{Name}'; a name is 1 to 64 letters, digits, dots, dashes and underscores";
        }
        if (ApiKey.ParseHash(Hash) is null)
        {
            yield return $"'{Name}' has no hash of the form sha256: and 64 hexadecimal digits";
        }
        IReadOnlySet<string> scopes = Scope.Split(Scopes);
        if (scopes.Count == 0 || !scopes.IsSubsetOf(Scope.All))
        {
            yield return $"'{Name}' has the scopes '{Scopes}'; there are {string.Join(", ", Scope.All)}";
        }
        if (RequestsPerMinute <= 0 || EngineSecondsPerMinute is <= 0 or double.NaN || ConcurrentRequests <= 0)
        {
            yield return $"'{Name}' has a limit that is not above 0";
        }
    }

    [GeneratedRegex("^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ValidName();
}
