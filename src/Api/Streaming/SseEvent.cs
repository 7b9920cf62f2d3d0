using System.Buffers;
using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Streaming;

/// <summary>One server-sent event.</summary>
/// <param name="Type">Its name; null leaves the line out, which readers take for <c>message</c>.</param>
/// <param name="Data">What it says, UTF-8; several lines become several <c>data:</c> lines.</param>
internal sealed record SseEvent(string? Type, ReadOnlyMemory<byte> Data)
{
    /// <summary>What a client that comes back names in <c>Last-Event-ID</c>; null for an event that cannot be resumed from.</summary>
    public string? Id { get; init; }

    /// <summary>An event that holds JSON as the whole API writes it.</summary>
    public static SseEvent Json<T>(string? type, T value) =>
        new(type, JsonSerializer.SerializeToUtf8Bytes(value, ApiJson.Options));

    /// <summary>The event as it goes over the wire, the empty line at its end included.</summary>
    /// <exception cref="InvalidOperationException">A name or an id has more than one line, and would forge another event.</exception>
    public byte[] ToBytes()
    {
        var bytes = new ArrayBufferWriter<byte>(Data.Length + 64);
        WriteField(bytes, "id: "u8, Id);
        WriteField(bytes, "event: "u8, Type);
        ReadOnlySpan<byte> rest = Data.Span;
        while (true)
        {
            int end = rest.IndexOfAny((byte)'\n', (byte)'\r');
            bytes.Write("data: "u8);
            bytes.Write(end < 0 ? rest : rest[..end]);
            bytes.Write("\n"u8);
            if (end < 0)
            {
                break;
            }
            bool isPair = rest[end..].StartsWith("\r\n"u8);
            rest = rest[(end + (isPair ? 2 : 1))..];
        }
        bytes.Write("\n"u8);
        return bytes.WrittenSpan.ToArray();
    }

    private static void WriteField(ArrayBufferWriter<byte> bytes, ReadOnlySpan<byte> name, string? value)
    {
        if (value is null)
        {
            return;
        }
        if (value.AsSpan().IndexOfAny('\n', '\r', '\0') >= 0)
        {
            throw new InvalidOperationException("An event's name and id are one line each.");
        }
        bytes.Write(name);
        bytes.Write(Encoding.UTF8.GetBytes(value));
        bytes.Write("\n"u8);
    }
}
