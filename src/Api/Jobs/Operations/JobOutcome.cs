using System.Text.Json;
using System.Text.Json.Nodes;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>What a run gave.</summary>
/// <param name="Answer">The synchronous route's JSON answer, without the bytes of its files.</param>
/// <param name="Files">The files, in the order of <c>/results/{i}</c>; empty when the answer says it all.</param>
internal sealed record JobOutcome(JsonObject Answer, IReadOnlyList<JobFile> Files);

/// <summary>One file of a result.</summary>
/// <param name="Name">A name for people, with its extension: <c>image.png</c>.</param>
/// <param name="MediaType">For example <c>image/png</c>.</param>
/// <param name="Bytes">The file.</param>
internal sealed record JobFile(string Name, string MediaType, ReadOnlyMemory<byte> Bytes);

/// <summary>What a job left, read again to be answered with.</summary>
/// <param name="Json">The answer without its files.</param>
/// <param name="Files">The files, in order.</param>
internal sealed record JobAnswer(string Json, IReadOnlyList<(string Name, byte[] Bytes)> Files)
{
    /// <summary>The answer without its files.</summary>
    public T Read<T>() => JsonSerializer.Deserialize<T>(Json, ApiJson.Options)!;

    /// <summary>The file of this name; null if there is none.</summary>
    public byte[]? File(string name) =>
        Files.FirstOrDefault(file => file.Name.Equals(name, StringComparison.Ordinal)).Bytes;
}
