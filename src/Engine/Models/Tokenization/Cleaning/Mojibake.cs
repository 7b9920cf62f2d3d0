using System.Globalization;
using System.Text;

namespace InstructDiffusion.Engine.Models.Tokenization.Cleaning;

/// <summary>
/// Repairs text whose UTF-8 bytes were once read as Latin-1 or Windows-1252: <c>cafÃ©</c> was <c>café</c>.
/// </summary>
/// <remarks>
/// A character sequence that could be such bytes is repaired where real writing would hardly have it; ordinary text such
/// as <c>MARQUÉ…</c> or <c>Brontë…”</c> is left alone. When all non-ASCII characters of a line can be such bytes and
/// one place is evident, the whole line is repaired. The rules are our own and narrower than ftfy's: no other code pages
/// than 1252, no bytes lost or turned into spaces.
/// </remarks>
internal static class Mojibake
{
    private const char FirstLead = '\u00C2';
    private const char LastLead = '\u00F4';

    /// <summary>What real writing may have right after a letter.</summary>
    private const string Closing = "…’”–—™›»®\u00A0´·¨§¿¡";

    /// <summary>The same, and quotation marks that open in one language and close in another.</summary>
    private const string ClosingOrQuote = Closing + "‘“";

    /// <summary>The repaired text; the same text when nothing is evident.</summary>
    public static string Repair(string text)
    {
        if (!text.AsSpan().ContainsAnyInRange(FirstLead, LastLead))
        {
            return text;
        }
        var sequences = new List<Sequence>();
        var consistent = true;
        for (var index = 0; index < text.Length; )
        {
            var sequence = SequenceAt(text, index);
            if (sequence.Length > 0)
            {
                sequences.Add(sequence);
            }
            consistent &= sequence.Length > 0 || text[index] < 0x80;
            index += Math.Max(1, sequence.Length);
        }
        var evident = sequences.Where((_, index) => IsEvident(text, sequences, index)).ToList();
        return evident.Count == 0 ? text : Replace(text, consistent ? sequences : evident);
    }

    private static string Replace(string text, List<Sequence> sequences)
    {
        var repaired = new StringBuilder(text.Length);
        var copied = 0;
        foreach (var sequence in sequences)
        {
            repaired.Append(text, copied, sequence.Start - copied).Append(sequence.Meaning);
            copied = sequence.End;
        }
        return repaired.Append(text, copied, text.Length - copied).ToString();
    }

    /// <summary>The characters from here that are UTF-8 for one assigned, visible character; length 0 when they are not.</summary>
    private static Sequence SequenceAt(string text, int start)
    {
        if (text[start] is < FirstLead or > LastLead)
        {
            return default;
        }
        Span<byte> bytes = stackalloc byte[4];
        var length = 0;
        while (
            length < 4 && start + length < text.Length && Windows1252.TryEncode(text[start + length], out bytes[length])
        )
        {
            length++;
        }
        var status = Rune.DecodeFromUtf8(bytes[..length], out var meaning, out var consumed);
        var category = Rune.GetUnicodeCategory(meaning);
        return
            status != System.Buffers.OperationStatus.Done
            || category is UnicodeCategory.OtherNotAssigned or UnicodeCategory.PrivateUse or UnicodeCategory.Control
            ? default
            : new Sequence(start, consumed, meaning);
    }

    private static bool IsEvident(string text, List<Sequence> sequences, int index)
    {
        var sequence = sequences[index];
        var second = text[sequence.Start + 1];
        var adjacent =
            IsAdjacent(sequences, index - 1, sequence.Length) || IsAdjacent(sequences, index, sequence.Length);
        switch (sequence.Length)
        {
            case 2:
                var previous = sequence.Start > 0 ? text[sequence.Start - 1] : ' ';
                var withinWord =
                    char.IsAsciiLetterLower(previous)
                    || (sequence.End < text.Length && char.IsAsciiLetterLower(text[sequence.End]));
                var closing = Closing.Contains(second, StringComparison.Ordinal);
                return text[sequence.Start] switch
                {
                    // Â and Ã stand for Latin-1 itself, the most frequent case; they end words in capitals only.
                    'Â' or 'Ã' => !closing || withinWord || !char.IsAsciiLetterUpper(previous),
                    'ß' => adjacent,
                    _ => adjacent || (withinWord && !closing),
                };
            case 3:
                return adjacent
                    || (text[sequence.Start] == 'â' && second == '€')
                    || !ClosingOrQuote.Contains(second, StringComparison.Ordinal);
            default:
                return true;
        }
    }

    /// <summary>Whether a sequence and the next one touch and are of one length, as in words of one foreign script.</summary>
    private static bool IsAdjacent(List<Sequence> sequences, int index, int length) =>
        index >= 0
        && index + 1 < sequences.Count
        && sequences[index].End == sequences[index + 1].Start
        && sequences[index].Length == length
        && sequences[index + 1].Length == length;

    private readonly record struct Sequence(int Start, int Length, Rune Meaning)
    {
        public int End => Start + Length;
    }
}
