namespace InstructDiffusion.Training.Construction.Web;

/// <summary>How the title of a request becomes an instruction; see <see cref="InstructionCleaner"/>.</summary>
internal sealed record InstructionRules
{
    /// <summary>Phrases that are taken off the beginning, as often as one stands there.</summary>
    public IReadOnlyList<string> Openings { get; init; } =
    [
        "hi",
        "hey",
        "hello",
        "hi all",
        "hi everyone",
        "hello everyone",
        "hey guys",
        "hey everyone",
        "hello reddit",
        "dear reddit",
        "request",
        "photoshop request",
        "psbattle",
        "help",
        "please help",
        "please",
        "pls",
        "plz",
        "can someone",
        "can somebody",
        "can anyone",
        "can anybody",
        "can you",
        "can one of you",
        "could someone",
        "could somebody",
        "could anyone",
        "could anybody",
        "could you",
        "would someone",
        "would anyone",
        "would you",
        "will someone",
        "is it possible to",
        "is anyone able to",
        "is someone able to",
        "anyone able to",
        "i need someone to",
        "looking for someone to",
        "would like someone to",
        "i would like you to",
        "kindly",
    ];

    /// <summary>Phrases that are taken off the end, as often as one stands there.</summary>
    public IReadOnlyList<string> Closings { get; init; } =
    [
        "please",
        "pls",
        "plz",
        "thanks",
        "thanks in advance",
        "thank you",
        "thank you so much",
        "thank you in advance",
        "many thanks",
        "thx",
        "ty",
        "tia",
        "for me",
        "will tip",
        "can tip",
        "tip included",
    ];

    /// <summary>What, alone in brackets, is no part of the request.</summary>
    public IReadOnlyList<string> Tags { get; init; } =
    [
        "request",
        "requests",
        "paid",
        "free",
        "specific",
        "serious",
        "funny",
        "random",
        "oc",
        "found",
        "help",
        "question",
        "any",
        "no ai",
        "removal",
        "restoration",
    ];

    /// <summary>Fewest words of what is left.</summary>
    public int LeastWords { get; init; } = 2;

    /// <summary>Most characters of what is left.</summary>
    public int MostLetters { get; init; } = 300;
}
