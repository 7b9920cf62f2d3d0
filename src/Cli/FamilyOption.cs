using System.CommandLine;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli;

/// <summary><c>--family</c>: the user's word on a model's guidance family, which no weights tell.</summary>
internal static class FamilyOption
{
    public const string Name = "--family";

    private static readonly Dictionary<string, GuidanceFamily> Families = new(StringComparer.Ordinal)
    {
        ["instruct_diffusion"] = GuidanceFamily.InstructDiffusion,
        ["instruct_pix2pix"] = GuidanceFamily.InstructPix2Pix,
    };

    public static Option<string> Create() =>
        new Option<string>(Name)
        {
            Description = $"Guidance family, over what the model says: {string.Join(" or ", Families.Keys)}.",
            HelpName = "name",
        }.AcceptOnlyFromAmong([.. Families.Keys]);

    public static GuidanceFamily? Read(ParseResult parse, Option<string> option) =>
        parse.GetValue(option) is { } name ? Families[name] : null;
}
