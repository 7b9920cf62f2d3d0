using System.Globalization;
using System.Numerics;
using System.Text;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>The textual literals of protocols 0 and 1. Each returns null for text that is none.</summary>
internal static class PickleText
{
    private const int MaxDigits = 512;

    private static readonly UTF8Encoding _strictUtf8 = new(false, throwOnInvalidBytes: true);

    /// <summary>A decimal integer: <see cref="long"/> where it fits, else <see cref="BigInteger"/>.</summary>
    public static object? Integer(string text)
    {
        var digits = text.AsSpan().TrimEnd('L');
        if (long.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var small))
        {
            return small;
        }
        return
            digits.Length <= MaxDigits
            && BigInteger.TryParse(digits, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var big)
            ? big
            : null;
    }

    /// <summary>A float as Python's repr writes it.</summary>
    public static object? Float(string text) =>
        text switch
        {
            "inf" => double.PositiveInfinity,
            "-inf" => double.NegativeInfinity,
            "nan" or "-nan" => double.NaN,
            _ => double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) ? value : null,
        };

    /// <summary>Two's complement, little-endian.</summary>
    public static object Integer(ReadOnlySpan<byte> bytes)
    {
        var value = new BigInteger(bytes);
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    /// <summary>Python 2's quoted byte string with backslash escapes.</summary>
    public static byte[]? QuotedBytes(string line)
    {
        if (line.Length < 2 || line[0] is not ('\'' or '"') || line[^1] != line[0])
        {
            return null;
        }
        var bytes = new List<byte>(line.Length);
        for (var i = 1; i < line.Length - 1; i++)
        {
            if (line[i] != '\\')
            {
                bytes.Add((byte)line[i]);
                continue;
            }
            if (++i >= line.Length - 1 || Escape(line, ref i) is not { } value)
            {
                return null;
            }
            bytes.Add(value);
        }
        return [.. bytes];
    }

    /// <summary>Python's raw-unicode-escape: \uXXXX and \UXXXXXXXX, everything else as it stands.</summary>
    public static string? RawUnicode(string line)
    {
        var text = new StringBuilder(line.Length);
        for (var i = 0; i < line.Length; i++)
        {
            var length =
                line[i] != '\\' || i + 1 == line.Length ? 0
                : line[i + 1] == 'u' ? 4
                : line[i + 1] == 'U' ? 8
                : 0;
            if (length == 0)
            {
                text.Append(line[i]);
                continue;
            }
            if (!TryHex(line, i + 2, length, out var code) || code > 0x10FFFF)
            {
                return null;
            }
            // A lone surrogate is text in Python too.
            text.Append(code <= 0xFFFF ? ((char)code).ToString() : char.ConvertFromUtf32(code));
            i += 1 + length;
        }
        return text.ToString();
    }

    /// <summary>UTF-8 where it is valid, otherwise Latin-1, which loses nothing.</summary>
    public static string Guess(byte[] bytes)
    {
        try
        {
            return _strictUtf8.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return Encoding.Latin1.GetString(bytes);
        }
    }

    private static byte? Escape(string line, ref int i)
    {
        switch (line[i])
        {
            case 'n':
                return (byte)'\n';
            case 'r':
                return (byte)'\r';
            case 't':
                return (byte)'\t';
            case '\\' or '\'' or '"':
                return (byte)line[i];
            case 'x' when TryHex(line, i + 1, 2, out var code):
                i += 2;
                return (byte)code;
            case >= '0'
            and <= '3' when i + 2 < line.Length && line[i + 1] is >= '0' and <= '7' && line[i + 2] is >= '0' and <= '7':
                var octal = ((line[i] - '0') << 6) | ((line[i + 1] - '0') << 3) | (line[i + 2] - '0');
                i += 2;
                return (byte)octal;
            default:
                return null;
        }
    }

    private static bool TryHex(string line, int start, int length, out int code)
    {
        code = 0;
        return start + length <= line.Length
            && int.TryParse(
                line.AsSpan(start, length),
                NumberStyles.AllowHexSpecifier,
                CultureInfo.InvariantCulture,
                out code
            )
            && code >= 0;
    }
}
