using System.Text.Json;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Reads the hub's JSON; anything of another form is an error, never a guess.</summary>
internal static class HubJson
{
    private const int MaxFiles = 100_000;

    /// <summary>The answer to <c>/api/models/{id}/revision/{revision}</c>.</summary>
    public static HubListing ReadModel(JsonElement model, string revision) =>
        Guard(() =>
        {
            var files = new List<HubFile>();
            var seen = new HashSet<string>(StringComparer.Ordinal);
            foreach (JsonElement sibling in model.GetProperty("siblings").EnumerateArray())
            {
                HubFile file = ReadFile(sibling, "rfilename", "blobId", "sha256");
                if (!seen.Add(file.Path))
                {
                    throw new HubException($"The hub lists '{file.Path}' twice");
                }
                files.Add(file);
                RequireCount(files.Count);
            }
            return new HubListing(Text(model, "sha") ?? revision, files);
        });

    /// <summary>One page of <c>/api/models/{id}/tree/{revision}</c>.</summary>
    public static void ReadTree(JsonElement tree, Dictionary<string, HubFile> files) =>
        Guard(() =>
        {
            foreach (JsonElement entry in tree.EnumerateArray())
            {
                if (Text(entry, "type") is null or "file")
                {
                    HubFile file = ReadFile(entry, "path", "oid", "oid");
                    files[file.Path] = file;
                    RequireCount(files.Count);
                }
            }
            return true;
        });

    private static HubFile ReadFile(JsonElement entry, string pathName, string gitName, string sha256Name)
    {
        string path = HubPath.Require(
            Text(entry, pathName) ?? throw new HubException("The hub lists a file without a name")
        );
        bool isLarge = entry.TryGetProperty("lfs", out JsonElement lfs) && lfs.ValueKind == JsonValueKind.Object;
        return new HubFile
        {
            Path = path,
            Size = (isLarge ? Number(lfs, "size") : null) ?? Number(entry, "size"),
            Sha256 = isLarge ? Hex(lfs, sha256Name, 64) : null,
            // Of a large file the git id is the pointer's, not the content's.
            GitSha1 = isLarge ? null : Hex(entry, gitName, 40),
        };
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.String
            ? value.GetString()
            : null;

    private static long? Number(JsonElement element, string name)
    {
        if (!element.TryGetProperty(name, out JsonElement value) || value.ValueKind != JsonValueKind.Number)
        {
            return null;
        }
        return value.TryGetInt64(out long number) && number >= 0
            ? number
            : throw new HubException($"The hub lists a file of size {value}");
    }

    private static string? Hex(JsonElement element, string name, int length)
    {
        string? text = Text(element, name);
        // Some hubs write the algorithm in front.
        text = text?.StartsWith("sha256:", StringComparison.OrdinalIgnoreCase) == true ? text[7..] : text;
        return text?.Length == length && text.All(char.IsAsciiHexDigit) ? text.ToLowerInvariant() : null;
    }

    private static void RequireCount(int count)
    {
        if (count > MaxFiles)
        {
            throw new HubException($"The hub lists more than {MaxFiles} files");
        }
    }

    private static T Guard<T>(Func<T> read)
    {
        try
        {
            return read();
        }
        catch (Exception failure) when (failure is InvalidOperationException or KeyNotFoundException)
        {
            throw new HubException(
                "The hub's listing has another form than a model listing: is it a model hub?",
                failure
            );
        }
    }
}
