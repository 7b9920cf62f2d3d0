using System.Text.Json;

namespace InstructDiffusion.Api.Observability;

/// <summary>The values of an enumeration as labels and headers spell them: <c>QueueFull</c> is <c>queue_full</c>.</summary>
internal static class Label<T>
    where T : struct, Enum
{
    private static readonly Dictionary<T, string> Names = Enum.GetValues<T>()
        .ToDictionary(value => value, value => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString()));

    /// <summary>Every name.</summary>
    public static IEnumerable<string> All => Names.Values;

    /// <summary>One value's name.</summary>
    public static string Of(T value) => Names[value];
}
