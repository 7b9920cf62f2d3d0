namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>What a tokenizer's files say, checked.</summary>
/// <param name="Vocabulary">Pieces and added tokens with their ids, which are exactly 0 … count - 1.</param>
/// <param name="Merges">Merge rules, the most eager first.</param>
/// <param name="Special">The tokens with a part to play.</param>
/// <param name="Unsplit">Tokens that are found in the text as they are, before anything else is done to it.</param>
internal sealed record TokenizerDefinition(
    IReadOnlyDictionary<string, int> Vocabulary,
    IReadOnlyList<(string Left, string Right)> Merges,
    SpecialTokens Special,
    IReadOnlyCollection<string> Unsplit
);

/// <summary>The tokens that begin and end a text, fill it up, and stand for unknown pieces.</summary>
internal sealed record SpecialTokens(string Begin, string End, string Pad, string Unknown);
