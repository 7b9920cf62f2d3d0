using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Recipes;

/// <summary>Names and groups of <see cref="DataSourceKind"/>.</summary>
public static class DataSourceKinds
{
    private static readonly JsonSerializerOptions _json = new() { Converters = { new JsonStringEnumConverter() } };

    private static readonly Dictionary<DataSourceKind, string> _names = Enum.GetValues<DataSourceKind>()
        .ToDictionary(kind => kind, kind => JsonSerializer.SerializeToElement(kind, _json).GetString()!);

    /// <summary>All names, as recipes write them.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. _names.Values];

    /// <summary>The name of a kind.</summary>
    public static string NameOf(DataSourceKind kind) => _names[kind];

    /// <summary>The kind with this name; null where there is none.</summary>
    public static DataSourceKind? Find(string name)
    {
        foreach ((DataSourceKind kind, string known) in _names)
        {
            if (string.Equals(known, name, StringComparison.Ordinal))
            {
                return kind;
            }
        }
        return null;
    }

    /// <summary>Made by this program, not brought by the user.</summary>
    public static bool IsBuiltHere(DataSourceKind kind) =>
        kind is DataSourceKind.Demo or DataSourceKind.DemoCaptions or DataSourceKind.Picks;

    /// <summary>One person a sample, with joints.</summary>
    public static bool IsPoses(DataSourceKind kind) =>
        kind is DataSourceKind.Mpii or DataSourceKind.CocoKeypoints or DataSourceKind.CrowdPose or DataSourceKind.Aic;

    /// <summary>A picture and the class of each of its pixels.</summary>
    public static bool IsLabelMaps(DataSourceKind kind) =>
        kind
            is DataSourceKind.CocoStuff
                or DataSourceKind.Ade20K
                or DataSourceKind.PascalContext
                or DataSourceKind.PascalVoc
                or DataSourceKind.LabelMaps;

    /// <summary>A picture before and one after, both given.</summary>
    public static bool IsPairs(DataSourceKind kind) => kind >= DataSourceKind.GoPro;

    /// <summary>What is asked for (a joint, a class, a colour) is drawn with the crop, so that words go with one variant's pixels.</summary>
    public static bool WordsFollowPixels(DataSourceKind kind) =>
        IsPoses(kind) || IsLabelMaps(kind) || kind is DataSourceKind.RefCoco or DataSourceKind.GRefCoco;

    /// <summary>Has one file of annotations that may be another than usual.</summary>
    public static bool HasAnnotations(DataSourceKind kind) =>
        IsPoses(kind) || kind is DataSourceKind.RefCoco or DataSourceKind.GRefCoco;
}
