using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Recipes;

/// <summary>Recipes as JSON files: snake_case, comments allowed, unknown fields refused.</summary>
public static class RecipeFile
{
    private const long MaxLength = 1 << 20;

    private static readonly JsonSerializerOptions _json = new(JsonSerializerDefaults.General)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
        RespectNullableAnnotations = true,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        WriteIndented = true,
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false) },
    };

    private static readonly JsonDocumentOptions _reading = new()
    {
        CommentHandling = JsonCommentHandling.Skip,
        AllowTrailingCommas = true,
        MaxDepth = 32,
    };

    /// <summary>Reads a recipe and checks every value.</summary>
    /// <param name="path">The file.</param>
    /// <param name="overrides">Values to change, each <c>path.to.field=value</c> with JSON or bare text for a value.</param>
    /// <exception cref="RecipeException">The file is no recipe, an override names no field, or values cannot be; lists all.</exception>
    public static TrainingRecipe Load(string path, IReadOnlyList<string>? overrides = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (!File.Exists(path))
        {
            throw new RecipeException($"{path}: there is no such recipe");
        }
        if (new FileInfo(path).Length > MaxLength)
        {
            throw new RecipeException($"{path}: a recipe is at most {MaxLength} bytes");
        }
        return Parse(File.ReadAllText(path), path, overrides ?? []);
    }

    /// <summary>As <see cref="Load"/>, from text.</summary>
    /// <param name="text">The recipe.</param>
    /// <param name="origin">What to call it in messages.</param>
    /// <param name="overrides">As in <see cref="Load"/>.</param>
    /// <exception cref="RecipeException">As in <see cref="Load"/>.</exception>
    public static TrainingRecipe Parse(string text, string origin, IReadOnlyList<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        try
        {
            JsonNode root =
                JsonNode.Parse(text, documentOptions: _reading) as JsonObject
                ?? throw new RecipeException($"{origin}: a recipe is a JSON object");
            foreach (string change in overrides)
            {
                Override(root, change);
            }
            TrainingRecipe recipe =
                root.Deserialize<TrainingRecipe>(_json) ?? throw new RecipeException($"{origin}: it is null");
            IReadOnlyList<string> problems = recipe.Problems();
            return problems.Count == 0 ? recipe : throw new RecipeException($"{origin}: {string.Join("; ", problems)}");
        }
        catch (JsonException e)
        {
            throw new RecipeException($"{origin}: {e.Message}", e);
        }
    }

    /// <summary>One data set, described as in a recipe.</summary>
    /// <param name="kind">Its <c>kind</c>.</param>
    /// <param name="path">Its <c>path</c>.</param>
    /// <param name="overrides">Other fields, as in <see cref="Load"/>.</param>
    /// <exception cref="RecipeException">As in <see cref="Load"/>.</exception>
    public static DataSourceRecipe Source(string kind, string path, IReadOnlyList<string> overrides)
    {
        ArgumentNullException.ThrowIfNull(overrides);
        try
        {
            JsonNode root = new JsonObject { ["kind"] = kind, ["path"] = path };
            foreach (string change in overrides)
            {
                Override(root, change);
            }
            DataSourceRecipe source = root.Deserialize<DataSourceRecipe>(_json)!;
            var problems = new ProblemList();
            bool isCaptions = source.Kind == DataSourceKind.DemoCaptions;
            source.Check(problems, "source", isCaptions ? TrainingStage.Adaptation : TrainingStage.Task);
            return problems.All.Count == 0 ? source : throw new RecipeException(string.Join("; ", problems.All));
        }
        catch (JsonException e)
        {
            throw new RecipeException($"{kind} {path}: {e.Message}", e);
        }
    }

    /// <summary>The recipe with every value written out, as it is printed and stored.</summary>
    public static string Print(TrainingRecipe recipe) => JsonSerializer.Serialize(recipe, _json);

    private static void Override(JsonNode root, string change)
    {
        int equals = change.IndexOf('=', StringComparison.Ordinal);
        if (equals < 1)
        {
            throw new RecipeException($"'{change}': expected field=value, e.g. optimization.learning_rate=1e-4");
        }
        string[] path = change[..equals].Split('.');
        JsonNode parent = root;
        foreach (string name in path[..^1])
        {
            parent = Child(parent, name, change);
        }
        JsonNode? value = ParseValue(change[(equals + 1)..]);
        if (parent is JsonArray array)
        {
            array[Index(array, path[^1], change)] = value;
        }
        else
        {
            parent[path[^1]] = value;
        }
    }

    private static JsonNode Child(JsonNode parent, string name, string change)
    {
        if (parent is JsonArray array)
        {
            return array[Index(array, name, change)] ?? throw new RecipeException($"'{change}': {name} is null");
        }
        if (parent is not JsonObject owner)
        {
            throw new RecipeException($"'{change}': {name} lies inside a plain value");
        }
        if (owner[name] is null)
        {
            owner[name] = new JsonObject();
        }
        return owner[name]!;
    }

    private static int Index(JsonArray array, string name, string change) =>
        int.TryParse(name, CultureInfo.InvariantCulture, out int index) && index >= 0 && index < array.Count
            ? index
            : throw new RecipeException($"'{change}': expected an index 0…{array.Count - 1}, got {name}");

    // Bare words are strings: --set name=mine needs no quotes.
    private static JsonNode? ParseValue(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }
}
