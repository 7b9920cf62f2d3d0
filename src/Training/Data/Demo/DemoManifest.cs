using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>What a built demo data folder holds: <c>manifest.json</c>.</summary>
public sealed record DemoManifest
{
    /// <summary>The layout this program writes and reads.</summary>
    public const int CurrentVersion = 1;

    /// <summary>The file's name.</summary>
    public const string FileName = "manifest.json";

    /// <summary>Layout of the folder; see <see cref="CurrentVersion"/>.</summary>
    public required int Version { get; init; }

    /// <summary>Words.</summary>
    public required int Nouns { get; init; }

    /// <summary>Cut-out pictures.</summary>
    public required int Glyphs { get; init; }

    /// <summary>Photographs.</summary>
    public required int Photographs { get; init; }

    /// <summary>SHA-256 of every picture and list, by its path in the folder with forward slashes.</summary>
    public required IReadOnlyDictionary<string, string> Files { get; init; }

    /// <summary>SHA-256 over <see cref="Files"/>: changes when any picture or list does.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>The fingerprint of these sums.</summary>
    public static string FingerprintOf(IReadOnlyDictionary<string, string> files)
    {
        IEnumerable<string> lines = files
            .OrderBy(pair => pair.Key, StringComparer.Ordinal)
            .Select(pair => $"{pair.Value}  {pair.Key}\n");
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Concat(lines))));
    }
}
