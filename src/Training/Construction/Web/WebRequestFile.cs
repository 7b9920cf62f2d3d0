using System.Security.Cryptography;
using System.Text.Json;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Pairs;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>A file of requests, one a line; written whole or not at all, the same requests as the same bytes.</summary>
internal static class WebRequestFile
{
    /// <summary>Longest line, characters.</summary>
    public const int LongestLine = 1 << 20;

    /// <summary>Most requests of a file.</summary>
    public const int MostRequests = 5_000_000;

    private const int LongestId = 200;
    private const int MostResults = 20;

    private static readonly JsonSerializerOptions _line = new(JsonFiles.Strict) { WriteIndented = false };

    /// <summary>Writes a file.</summary>
    public static void Write(string path, IEnumerable<WebRequest> requests) => JsonLines.Write(path, requests, _line);

    /// <summary>SHA-256 of a file, lower-case hexadecimal.</summary>
    public static string HashOf(string path)
    {
        using FileStream file = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(file));
    }

    /// <summary>Reads a file.</summary>
    /// <exception cref="DatasetException">A line is no request, or there are too many, or one twice.</exception>
    public static IReadOnlyList<WebRequest> Read(string path)
    {
        var requests = new List<WebRequest>();
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (WebRequest request in JsonLines.Read<WebRequest>(path, LongestLine, _line))
        {
            if (requests.Count == MostRequests)
            {
                throw new DatasetException($"{path}: more than {MostRequests:N0} requests");
            }
            if (!ids.Add(request.Id))
            {
                throw new DatasetException($"{path}: id: '{request.Id}' twice");
            }
            requests.Add(Checked(request, path));
        }
        return requests;
    }

    // What a record of a shard could not hold, or no importer would write.
    private static WebRequest Checked(WebRequest request, string path)
    {
        bool isPlausible =
            request.Id.Length is > 0 and <= LongestId
            && request.Permalink.Length <= WebAddress.Longest
            && request.Instruction.Length is > 0 and <= PairTexts.LongestInstruction
            && request.Results.Count <= MostResults
            && request
                .Results.Prepend(request.Source)
                .All(picture =>
                    picture.Url.Length <= WebAddress.Longest && picture.Permalink.Length <= WebAddress.Longest
                );
        return isPlausible
            ? request
            : throw new DatasetException(
                $"{path}: id: '{request.Id}': it, its words or its addresses are of no plausible length"
            );
    }
}
