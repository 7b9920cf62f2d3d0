namespace InstructDiffusion.Training.Alignment.Page;

/// <summary>What the page and the server say to each other.</summary>
internal static class PageText
{
    /// <summary>Everything one person needs to go on.</summary>
    public sealed record State(int Limit, IReadOnlyList<ItemState> Items);

    /// <summary>An item in the list; chosen is null while it is not answered.</summary>
    public sealed record ItemState(string Id, IReadOnlyList<string>? Chosen);

    /// <summary>An item to answer. The scales are not told: they would be judged instead of the pictures.</summary>
    public sealed record ItemView(string Id, string Instruction, IReadOnlyList<string> Files);

    /// <summary>An answer; an empty list means that none is good.</summary>
    public sealed record GivenAnswer(IReadOnlyList<string> Chosen);

    /// <summary>What is wrong with a request.</summary>
    public sealed record Refusal(string Error);
}
