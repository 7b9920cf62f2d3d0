using System.Text;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <content>Numbers, texts and bytes.</content>
public sealed partial class PickleReader
{
    private const int MaxIntegerBytes = 256;
    private const int HighestProtocol = 5;

    private static readonly UTF8Encoding _lenientUtf8 = new(false, throwOnInvalidBytes: false);

    private bool RunLiteral(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.None:
                Push(null);
                break;
            case PickleOpcode.NewTrue:
                Push(true);
                break;
            case PickleOpcode.NewFalse:
                Push(false);
                break;
            case PickleOpcode.BinInt:
                Push((long)_input.Int32());
                break;
            case PickleOpcode.BinInt1:
                Push((long)_input.Byte());
                break;
            case PickleOpcode.BinInt2:
                Push((long)_input.UInt16());
                break;
            case PickleOpcode.Long1:
                PushInteger(_input.Count(1));
                break;
            case PickleOpcode.Long4:
                PushInteger(_input.Count(4));
                break;
            case PickleOpcode.BinFloat:
                Push(_input.BigEndianDouble());
                break;
            case PickleOpcode.Int:
                PushLine(line => line is "00" or "01" ? line is "01" : PickleText.Integer(line));
                break;
            case PickleOpcode.Long:
                PushLine(PickleText.Integer);
                break;
            case PickleOpcode.Float:
                PushLine(PickleText.Float);
                break;
            case PickleOpcode.Protocol:
                RequireProtocol(_input.Byte());
                break;
            case PickleOpcode.Frame:
                _input.Count(8); // A hint for reading ahead; the opcodes stand for themselves.
                break;
            case PickleOpcode.ReadonlyBuffer:
                Peek();
                break;
            default:
                return false;
        }
        return true;
    }

    private bool RunText(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.String:
                PushLine(line => PickleText.QuotedBytes(line) is { } bytes ? LegacyText(bytes) : null);
                break;
            case PickleOpcode.BinString:
                Push(LegacyText(Bytes(4)));
                break;
            case PickleOpcode.ShortBinString:
                Push(LegacyText(Bytes(1)));
                break;
            case PickleOpcode.Unicode:
                PushLine(PickleText.RawUnicode);
                break;
            case PickleOpcode.BinUnicode:
                Push(_lenientUtf8.GetString(Bytes(4)));
                break;
            case PickleOpcode.ShortBinUnicode:
                Push(_lenientUtf8.GetString(Bytes(1)));
                break;
            case PickleOpcode.BinUnicode8:
                Push(_lenientUtf8.GetString(Bytes(8)));
                break;
            case PickleOpcode.BinBytes:
                Push(Bytes(4));
                break;
            case PickleOpcode.ShortBinBytes:
                Push(Bytes(1));
                break;
            case PickleOpcode.BinBytes8 or PickleOpcode.ByteArray8:
                Push(Bytes(8));
                break;
            default:
                return false;
        }
        return true;
    }

    private byte[] Bytes(int countSize)
    {
        var count = _input.Count(countSize);
        Charge(Math.Min(count, _input.Remaining) * 3); // the bytes, and the text of them
        return _input.Bytes(count);
    }

    private void PushInteger(long size) =>
        Push(
            size <= MaxIntegerBytes
                ? PickleText.Integer(_input.Bytes(size))
                : throw _input.Error($"an integer of {size} bytes is more than anyone needs")
        );

    private void PushLine(Func<string, object?> parse)
    {
        var line = _input.Line();
        Charge(line.Length * 4);
        Push(parse(line) ?? throw _input.Error("a textual literal is malformed"));
    }

    private string LegacyText(byte[] bytes) => _options.LegacyStrings?.GetString(bytes) ?? PickleText.Guess(bytes);

    private void RequireProtocol(int protocol)
    {
        if (protocol > HighestProtocol)
        {
            throw _input.Error($"protocol {protocol} is unknown; {HighestProtocol} is the highest");
        }
    }
}
