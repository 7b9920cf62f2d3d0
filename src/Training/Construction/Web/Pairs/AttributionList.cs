using System.Text;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Construction.Web.Pairs;

/// <summary>Who made the pictures of the pairs that are kept, where, and under which terms: a file beside the shards.</summary>
internal static class AttributionList
{
    /// <summary>The file's name.</summary>
    public const string FileName = "ATTRIBUTION.md";

    /// <summary>Writes the list of the shards that are there.</summary>
    /// <param name="folder">Of the stage.</param>
    public static void Write(string folder)
    {
        StageManifest manifest = StageManifest.Read(folder);
        string path = Path.Combine(folder, FileName);
        string aside = $"{path}.{Guid.NewGuid():N}.part";
        using (var text = new StreamWriter(aside, append: false, new UTF8Encoding(false)) { NewLine = "\n" })
        {
            text.WriteLine("# Pictures and their licences");
            text.WriteLine();
            for (int shard = 0; shard < manifest.Shards; shard++)
            {
                var file = new ShardFile(folder, shard);
                if (!file.IsComplete)
                {
                    continue;
                }
                foreach (ShardRecord record in ShardRecords.Read(file).Where(record => record.Rejection is null))
                {
                    text.WriteLine($"- `{record.Id}`");
                    text.WriteLine($"  - before: {Credit(record.Origin)}");
                    text.WriteLine($"  - after: {Credit(record.TargetOrigin)}");
                }
            }
        }
        File.Move(aside, path, overwrite: true);
    }

    private static string Credit(PictureOrigin? origin) =>
        origin is null
            ? "unknown"
            : $"{Plain(origin.Author ?? "author unknown")}, {Plain(origin.Licence ?? LicenceTable.Unknown)}, "
                + $"<{origin.Url}>, posted at <{origin.Permalink}>, fetched {origin.FetchedAt:yyyy-MM-dd}, "
                + $"sha256 {origin.Sha256}";

    // A stranger's name must not become markup.
    private static string Plain(string text) => $"`{PlainText.Of(text).Replace('`', '\'')}`";
}
