using System.CommandLine;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct web</c>: from requests that people posted, and what others made of them, to pairs (specification 5.1).</summary>
internal static class ConstructWebCommand
{
    public static Command Create() =>
        new("web", "Make pairs of pictures that people asked to be changed and of what others made of them.")
        {
            ConstructWebPostsCommand.Create(),
            ConstructWebPagesCommand.Create(),
            ConstructWebFetchCommand.Create(),
            ConstructWebPairsCommand.Create(),
        };
}
