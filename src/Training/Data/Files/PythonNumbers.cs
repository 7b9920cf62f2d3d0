using System.Buffers;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>
/// Replaces the bare <c>NaN</c>, <c>Infinity</c> and <c>-Infinity</c> that Python writes into JSON by empty strings of the same
/// length, in place, over pieces of a file: where a number is expected a string fails, and only there.
/// </summary>
internal sealed class PythonNumbers
{
    private static readonly SearchValues<byte> _outside = SearchValues.Create("\"NI"u8);

    private bool _isInString;
    private bool _isEscaped;

    /// <summary>Goes over a piece.</summary>
    /// <param name="bytes">What has been read and not parsed.</param>
    /// <param name="from">How much of it was gone over before.</param>
    /// <param name="isLast">Nothing follows.</param>
    /// <returns>How many bytes more are ready: fewer than all where a word is cut off by the end.</returns>
    public int Mask(Span<byte> bytes, int from, bool isLast)
    {
        int at = from;
        while (at < bytes.Length)
        {
            if (_isInString)
            {
                at = EndOfString(bytes, at);
                continue;
            }
            int next = bytes[at..].IndexOfAny(_outside);
            if (next < 0)
            {
                return bytes.Length - from;
            }
            at += next;
            if (bytes[at] == '"')
            {
                _isInString = true;
                at++;
                continue;
            }
            ReadOnlySpan<byte> word = bytes[at] == 'N' ? "NaN"u8 : "Infinity"u8;
            if (bytes.Length - at < word.Length && !isLast)
            {
                return at - from;
            }
            at += Replace(bytes, at, word);
        }
        return bytes.Length - from;
    }

    private static int Replace(Span<byte> bytes, int at, ReadOnlySpan<byte> word)
    {
        if (!bytes[at..].StartsWith(word))
        {
            return 1; // no JSON, as the parser will say
        }
        bytes.Slice(at, word.Length).Fill((byte)' ');
        bool isNegative = at > 0 && bytes[at - 1] == '-';
        "\"\""u8.CopyTo(bytes[(isNegative ? at - 1 : at)..]);
        return word.Length;
    }

    private int EndOfString(ReadOnlySpan<byte> bytes, int at)
    {
        if (_isEscaped)
        {
            _isEscaped = false;
            return at + 1;
        }
        int next = bytes[at..].IndexOfAny((byte)'"', (byte)'\\');
        if (next < 0)
        {
            return bytes.Length;
        }
        _isEscaped = bytes[at + next] == '\\';
        _isInString = _isEscaped;
        return at + next + 1;
    }
}
