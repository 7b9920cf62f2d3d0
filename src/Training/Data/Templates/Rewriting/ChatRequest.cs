using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Data.Templates.Rewriting;

/// <summary>A question to a chat model, in the form that OpenAI-compatible endpoints take.</summary>
/// <param name="Model">The model's name there.</param>
/// <param name="Messages">What is said.</param>
/// <param name="Temperature">How freely it answers.</param>
internal sealed record ChatRequest(string Model, IReadOnlyList<ChatMessage> Messages, double Temperature)
{
    private static readonly JsonSerializerOptions _json = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    /// <summary>As it is sent.</summary>
    public byte[] ToJson() => JsonSerializer.SerializeToUtf8Bytes(this, _json);

    /// <summary>Stands for the question: an equal one has been answered before.</summary>
    [JsonIgnore]
    public string Key => Convert.ToHexStringLower(SHA256.HashData(ToJson()));
}

/// <summary>Something said.</summary>
/// <param name="Role">system or user.</param>
/// <param name="Content">What.</param>
internal sealed record ChatMessage(string Role, string Content);
