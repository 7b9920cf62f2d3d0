namespace InstructDiffusion.Engine.Models.Tokenization;

/// <summary>A text as the text encoder wants it: begin, pieces, end, padding.</summary>
/// <param name="Ids">
/// Exactly the asked length: the begin token, at most <c>length - 2</c> pieces, the end token, then pad tokens. Made for
/// the caller, who may keep it.
/// </param>
/// <param name="TokenCount">How many tokens the whole text has, begin and end included, before anything was cut off.</param>
public sealed record TokenizedText(long[] Ids, int TokenCount)
{
    /// <summary>How many pieces at the text's end did not fit and are unknown to the model; 0 when all fit.</summary>
    public int DroppedTokens => Math.Max(0, TokenCount - Ids.Length);
}
