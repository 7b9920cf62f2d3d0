using InstructDiffusion.Training.Construction.Web.Pages;
using InstructDiffusion.Training.Construction.Web.Posts;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>What the user knows of the sites: a JSON file; what is not in it has the values here. Unknown names are refused.</summary>
internal sealed record WebRules
{
    /// <summary>Licence by host: <c>example.org</c>, or <c>*.example.org</c> for what lies below it.</summary>
    public SortedDictionary<string, string> Licences { get; init; } = new(StringComparer.Ordinal);

    /// <summary>Words and phrases that make an entry unsafe.</summary>
    public IReadOnlyList<string> UnsafeWords { get; init; } = [];

    /// <summary>How titles become instructions.</summary>
    public InstructionRules Instructions { get; init; } = new();

    /// <summary>How posts and comments are read.</summary>
    public PostRules Posts { get; init; } = new();

    /// <summary>How pages are read, by host.</summary>
    public IReadOnlyList<PageRules> Pages { get; init; } = [];

    /// <summary>Reads a file; the rules that hold without one where <paramref name="path"/> is null.</summary>
    /// <exception cref="DatasetException">It is missing or makes no sense.</exception>
    public static WebRules Load(string? path)
    {
        try
        {
            WebRules rules = path is null ? new WebRules() : JsonFiles.Read<WebRules>(path);
            rules.Posts.Check();
            foreach (PageRules page in rules.Pages)
            {
                page.Check();
            }
            return rules;
        }
        catch (InvalidDataException error)
        {
            throw new DatasetException(error.Message, error);
        }
    }
}
