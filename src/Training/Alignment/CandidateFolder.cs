using System.Text.Json;
using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Alignment;

/// <summary>
/// Candidates on disk: <c>items.json</c> says what there is to be, <c>candidates/ID</c> holds a finished item's pictures. An
/// item's folder gets its name when it is complete, so that making and picking can go on at the same time, and a run that was
/// stopped goes on where it was.
/// </summary>
/// <param name="path">The folder that holds both.</param>
internal sealed class CandidateFolder(string path)
{
    public const string PlanFile = "items.json";
    public const string SourceFile = "source.png";
    public const string TargetFile = "target.png";
    private const string ItemFile = "item.json";

    /// <summary>The folder that holds everything.</summary>
    public string Path { get; } = path;

    /// <summary>What there is to be.</summary>
    /// <exception cref="AlignmentException">There is none, or it is damaged.</exception>
    public CandidatePlan ReadPlan()
    {
        string file = System.IO.Path.Combine(Path, PlanFile);
        var plan = AlignmentJson.Read<CandidatePlan>(file);
        if (plan.Version != CandidatePlan.CurrentVersion)
        {
            throw new AlignmentException(
                $"{file}: version: expected {CandidatePlan.CurrentVersion}, got {plan.Version}"
            );
        }
        if (plan.Items.FirstOrDefault(id => id is null || !ItemId.IsValid(id)) is { } wrong)
        {
            throw new AlignmentException($"{file}: items: '{wrong}' is no item's name");
        }
        return plan;
    }

    /// <summary>Begins a folder, or goes on with one made the same way; items may be added.</summary>
    /// <exception cref="AlignmentException">What is there was made another way; names the difference.</exception>
    public void Begin(CandidatePlan plan)
    {
        string file = System.IO.Path.Combine(Path, PlanFile);
        if (File.Exists(file))
        {
            CandidatePlan old = ReadPlan();
            RequireSame(file, "model", old.Model, plan.Model);
            RequireSame(file, "grid", old.Grid, plan.Grid);
        }
        AlignmentJson.Write(file, plan);
    }

    public bool IsFinished(string id) => Directory.Exists(FolderOf(id));

    /// <summary>A finished item.</summary>
    /// <exception cref="AlignmentException">It is damaged.</exception>
    public CandidateItem ReadItem(string id)
    {
        string file = FileOf(id, ItemFile);
        var item = AlignmentJson.Read<CandidateItem>(file);
        if (!string.Equals(item.Id, id, StringComparison.Ordinal))
        {
            throw new AlignmentException($"{file}: id: expected '{id}', got '{item.Id}'");
        }
        if (item.Candidates.Count is < 1 or > CandidateGrid.MaxCount)
        {
            throw new AlignmentException(
                $"{file}: candidates: expected 1 to {CandidateGrid.MaxCount}, got {item.Candidates.Count}"
            );
        }
        for (int i = 0; i < item.Candidates.Count; i++)
        {
            string? name = item.Candidates[i]?.File;
            bool isPlain =
                name is not null && name.EndsWith(".png", StringComparison.Ordinal) && ItemId.IsValid(name[..^4]);
            if (!isPlain)
            {
                throw new AlignmentException(
                    $"{file}: candidates[{i}].file: expected a name like 00.png, got '{name}'"
                );
            }
        }
        return item;
    }

    /// <summary>Where a file of an item lies.</summary>
    public string FileOf(string id, string file) => System.IO.Path.Combine(FolderOf(id), file);

    /// <summary>Writes an item: all of it or nothing.</summary>
    /// <param name="item">What was done.</param>
    /// <param name="given">Its source and perhaps target.</param>
    /// <param name="pictures">As many as the item has candidates.</param>
    public void Write(CandidateItem item, AlignmentItem given, IReadOnlyList<RgbImage> pictures)
    {
        string aside = FolderOf(item.Id) + ".new";
        if (Directory.Exists(aside))
        {
            Directory.Delete(aside, recursive: true);
        }
        Directory.CreateDirectory(aside);
        WritePng(aside, SourceFile, given.Source);
        if (given.Target is { } target)
        {
            WritePng(aside, TargetFile, target);
        }
        for (int i = 0; i < pictures.Count; i++)
        {
            WritePng(aside, item.Candidates[i].File, pictures[i]);
        }
        AlignmentJson.Write(System.IO.Path.Combine(aside, ItemFile), item);
        Directory.Move(aside, FolderOf(item.Id));
    }

    private string FolderOf(string id) => System.IO.Path.Combine(Path, "candidates", id);

    private static void WritePng(string folder, string name, RgbImage image) =>
        File.WriteAllBytes(System.IO.Path.Combine(folder, name), ImageCodec.Encode(image, ImageFileFormat.Png));

    private static void RequireSame<T>(string file, string name, T old, T now)
    {
        JsonObject before = JsonSerializer.SerializeToNode(old, AlignmentJson.Options)!.AsObject();
        JsonObject after = JsonSerializer.SerializeToNode(now, AlignmentJson.Options)!.AsObject();
        foreach ((string key, JsonNode? value) in before)
        {
            if (!JsonNode.DeepEquals(value, after[key]))
            {
                throw new AlignmentException(
                    $"{file}: {name}.{key}: the candidates here were made with {value?.ToJsonString()}, now it is "
                        + $"{after[key]?.ToJsonString()}; take another folder"
                );
            }
        }
    }
}
