using System.IO.Enumeration;
using InstructDiffusion.Cli.Progress;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Which of a model's files are worth bringing here: what the engine loads, each weight once.</summary>
internal sealed record FileSelection
{
    private static readonly string[] Components = ["unet", "vae", "text_encoder", "tokenizer", "scheduler"];
    private static readonly string[] DescriptionEndings = [".json", ".txt", ".md", ".yaml"];

    /// <summary>Take exactly the files that match one of these; empty: choose by layout.</summary>
    public IReadOnlyList<string> Include { get; init; } = [];

    /// <summary>Never take files that match one of these.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>Preferred variant of the weights, e.g. fp16; null for the plain ones.</summary>
    public string? Variant { get; init; }

    /// <exception cref="CommandException">Nothing is left, the variant does not exist, or the choice is the user's to make.</exception>
    public IReadOnlyList<HubFile> Choose(IReadOnlyList<HubFile> files)
    {
        HubFile[] offered = [.. files.Where(file => !Matches(Exclude, file.Path))];
        HubFile[] chosen =
            Include.Count > 0 ? [.. offered.Where(file => Matches(Include, file.Path))]
            : offered.Any(static file => file.Path is "model_index.json") ? [.. ChooseFolders(offered)]
            : [.. ChooseSingle(offered)];
        return chosen.Length > 0
            ? chosen
            : throw new CommandException($"None of the model's {files.Count} files is chosen");
    }

    /// <summary>A diffusers folder: the descriptions, and one form of each component's weights.</summary>
    private IEnumerable<HubFile> ChooseFolders(HubFile[] files)
    {
        HubFile[] inComponents =
        [
            .. files.Where(static file => Components.Contains(FolderOf(file), StringComparer.Ordinal)),
        ];
        RequireVariant(inComponents);
        IEnumerable<HubFile> weights = inComponents
            .Where(static file => WeightsOf(file) is not null)
            .GroupBy(FolderOf, StringComparer.Ordinal)
            .SelectMany(BestForm);
        IEnumerable<HubFile> rest = files.Where(file =>
            WeightsOf(file) is null
            && (FolderOf(file).Length == 0 || inComponents.Contains(file))
            && IsDescription(file.Path)
        );
        return rest.Concat(weights);
    }

    /// <summary>No folder layout: one checkpoint file (or its parts), and what describes it.</summary>
    private IEnumerable<HubFile> ChooseSingle(HubFile[] files)
    {
        HubFile[] root = [.. files.Where(static file => FolderOf(file).Length == 0)];
        RequireVariant(root);
        HubFile[][] checkpoints =
        [
            .. root.Where(static file => WeightsOf(file) is { IsReadable: true })
                .GroupBy(static file => WeightsOf(file)!.Stem, StringComparer.Ordinal)
                .Select(group => BestForm(group).ToArray()),
        ];
        if (checkpoints.Length > 1)
        {
            IEnumerable<string> names = checkpoints.Select(static group =>
                group[0].Path + (group[0].Size is { } size ? $" ({ByteCount.Text(size)})" : "")
            );
            throw new CommandException(
                $"The model has {checkpoints.Length} checkpoints; choose by --include: {string.Join(", ", names)}"
            );
        }
        return root.Where(static file => WeightsOf(file) is null && IsDescription(file.Path))
            .Concat(checkpoints.SelectMany(static group => group));
    }

    /// <summary>Of one component's weights those of the wanted variant, else the plain ones, in the best form there is.</summary>
    private IEnumerable<HubFile> BestForm(IEnumerable<HubFile> weights)
    {
        (HubFile File, WeightFileName Name)[] readable =
        [
            .. weights.Select(static file => (file, WeightsOf(file)!)).Where(static pair => pair.Item2.IsReadable),
        ];
        string? variant =
            readable.Any(pair => IsVariant(pair.Name, Variant)) ? Variant
            : readable.Any(static pair => pair.Name.Variant is null) ? null
            : readable.Select(static pair => pair.Name.Variant).FirstOrDefault();
        var ofVariant = readable.Where(pair => IsVariant(pair.Name, variant)).ToArray();
        string? form = WeightFileName.ReadableForms.FirstOrDefault(form =>
            ofVariant.Any(pair => string.Equals(pair.Name.Form, form, StringComparison.Ordinal))
        );
        return ofVariant
            .Where(pair => string.Equals(pair.Name.Form, form, StringComparison.Ordinal))
            .Select(static pair => pair.File);
    }

    private void RequireVariant(HubFile[] files)
    {
        if (Variant is null)
        {
            return;
        }
        string[] offered =
        [
            .. files.Select(static file => WeightsOf(file)?.Variant).OfType<string>().Distinct(StringComparer.Ordinal),
        ];
        if (!offered.Contains(Variant, StringComparer.Ordinal))
        {
            string others = offered.Length == 0 ? "only the plain weights" : string.Join(", ", offered);
            throw new CommandException($"--variant {Variant}: the model does not offer it, but {others}");
        }
    }

    private static bool IsVariant(WeightFileName name, string? variant) =>
        string.Equals(name.Variant, variant, StringComparison.Ordinal);

    private static bool IsDescription(string path) =>
        DescriptionEndings.Any(ending => path.EndsWith(ending, StringComparison.OrdinalIgnoreCase))
        || Path.GetFileName(path).StartsWith("LICENSE", StringComparison.OrdinalIgnoreCase);

    private static WeightFileName? WeightsOf(HubFile file) => WeightFileName.Parse(Path.GetFileName(file.Path));

    private static string FolderOf(HubFile file) => Path.GetDirectoryName(file.Path)!.Replace('\\', '/');

    /// <summary>Like the hub's own tools: '*' crosses folders.</summary>
    private static bool Matches(IReadOnlyList<string> patterns, string path) =>
        patterns.Any(pattern => FileSystemName.MatchesSimpleExpression(pattern, path, ignoreCase: false));
}
