using System.Text.Json;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Reads a model's config.json with errors that name file and field. Unknown fields are ignored, as users' files have many.</summary>
internal sealed class ConfigReader
{
    // No model here is wider, deeper or has more of anything; a hostile file cannot make us allocate more.
    private const int LargestInt = 1 << 20;
    private const int LongestList = 64;

    private readonly JsonElement _root;
    private readonly string _file;

    private ConfigReader(JsonElement root, string file)
    {
        _root = root;
        _file = file;
    }

    public static ConfigReader Parse(string json, string file)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json, new JsonDocumentOptions { MaxDepth = 32 });
            if (document.RootElement.ValueKind != JsonValueKind.Object)
            {
                throw new ModelConfigException($"{file}: must be a JSON object");
            }
            return new ConfigReader(document.RootElement.Clone(), file);
        }
        catch (JsonException e)
        {
            throw new ModelConfigException($"{file}: not valid JSON: {e.Message}");
        }
    }

    public bool Has(string name) =>
        _root.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null;

    /// <summary>A nested object, or an empty one when it is absent.</summary>
    public ConfigReader Section(string name) =>
        Has(name) && _root.GetProperty(name).ValueKind == JsonValueKind.Object
            ? new ConfigReader(_root.GetProperty(name), $"{_file}: {name}")
            : Parse("{}", $"{_file}: {name}");

    public int Int(string name, int whenAbsent) => Has(name) ? ToInt(name, _root.GetProperty(name)) : whenAbsent;

    public int Int(string name) => Has(name) ? Int(name, 0) : throw Error(name, "is missing");

    public double Number(string name, double whenAbsent)
    {
        if (!Has(name))
        {
            return whenAbsent;
        }
        JsonElement value = _root.GetProperty(name);
        return
            value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number) && double.IsFinite(number)
            ? number
            : throw Error(name, $"must be a finite number, got {Shown(value)}");
    }

    public bool Flag(string name, bool whenAbsent)
    {
        if (!Has(name))
        {
            return whenAbsent;
        }
        JsonElement value = _root.GetProperty(name);
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw Error(name, $"must be true or false, got {Shown(value)}");
    }

    public string Text(string name, string whenAbsent)
    {
        if (!Has(name))
        {
            return whenAbsent;
        }
        JsonElement value = _root.GetProperty(name);
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw Error(name, $"must be a string, got {Shown(value)}");
    }

    public IReadOnlyList<int> Ints(string name, IReadOnlyList<int> whenAbsent) =>
        Has(name) ? [.. Items(name).Select(item => ToInt(name, item))] : whenAbsent;

    public IReadOnlyList<string> Strings(string name, IReadOnlyList<string> whenAbsent) =>
        Has(name)
            ?
            [
                .. Items(name)
                    .Select(item =>
                        item.ValueKind == JsonValueKind.String
                            ? item.GetString()!
                            : throw Error(name, $"must hold strings, got {Shown(item)}")
                    ),
            ]
            : whenAbsent;

    /// <summary>One number for all levels, or a list with one per level.</summary>
    public IReadOnlyList<int> IntPerLevel(string name, int levels, int whenAbsent)
    {
        if (!Has(name) || _root.GetProperty(name).ValueKind == JsonValueKind.Number)
        {
            return [.. Enumerable.Repeat(Int(name, whenAbsent), levels)];
        }
        IReadOnlyList<int> list = Ints(name, []);
        Require(list.Count == levels, name, $"needs {levels} entries, one per level");
        return list;
    }

    /// <summary>A number, or a list whose entries are all equal.</summary>
    public int EqualInts(string name, int whenAbsent)
    {
        if (!Has(name) || _root.GetProperty(name).ValueKind == JsonValueKind.Number)
        {
            return Int(name, whenAbsent);
        }
        IReadOnlyList<int> list = Ints(name, []);
        Require(list.Count > 0 && list.All(value => value == list[0]), name, "must be the same for every level");
        return list[0];
    }

    public void RequireValue(string name, string only)
    {
        string value = Text(name, only);
        if (!string.Equals(value, only, StringComparison.Ordinal))
        {
            throw Unsupported(name, value);
        }
    }

    /// <summary>The field is absent, null or false.</summary>
    public void RequireOff(string name)
    {
        if (Has(name) && _root.GetProperty(name).ValueKind != JsonValueKind.False)
        {
            throw Unsupported(name, Shown(_root.GetProperty(name)));
        }
    }

    public void RequireDivisible(string name, int value, string divisorName, int divisor) =>
        Require(
            divisor > 0 && value > 0 && value % divisor == 0,
            name,
            $"{value} is not a multiple of {divisorName} {divisor}"
        );

    public void Require(bool condition, string name, string otherwise)
    {
        if (!condition)
        {
            throw Error(name, otherwise);
        }
    }

    public ModelConfigException Unsupported(string name, string value) => Error(name, $"'{value}' is not supported");

    private ModelConfigException Error(string name, string what) => new($"{_file}: {name} {what}");

    private JsonElement.ArrayEnumerator Items(string name)
    {
        JsonElement value = _root.GetProperty(name);
        Require(value.ValueKind == JsonValueKind.Array, name, $"must be a list, got {Shown(value)}");
        Require(value.GetArrayLength() is > 0 and <= LongestList, name, $"must have 1 to {LongestList} entries");
        return value.EnumerateArray();
    }

    private int ToInt(string name, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number) && number is >= 0 and <= LargestInt
            ? number
            : throw Error(name, $"must be a whole number between 0 and {LargestInt}, got {Shown(value)}");

    private static string Shown(JsonElement value)
    {
        string raw = value.GetRawText();
        return raw.Length > 40 ? raw[..40] + "…" : raw;
    }
}
