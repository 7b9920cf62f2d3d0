using InstructDiffusion.Api.Errors;
using Microsoft.Extensions.Primitives;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>The <c>Idempotency-Key</c> header: a client's own name for a request, by which it can repeat it safely.</summary>
internal static class IdempotencyHeader
{
    public const string Name = "Idempotency-Key";

    /// <summary>On answers that were given before.</summary>
    public const string Replayed = "Idempotency-Replayed";

    private const int Longest = 255;

    /// <summary>The key; null if the request has none.</summary>
    /// <exception cref="ApiException">It is none that can be used.</exception>
    public static string? Of(HttpRequest request)
    {
        if (!request.Headers.TryGetValue(Name, out StringValues values))
        {
            return null;
        }
        string key = values.Count == 1 ? values.ToString().Trim() : "";
        return key.Length is >= 1 and <= Longest && key.All(c => c is > ' ' and <= '~')
            ? key
            : throw new ApiException(
                ProblemKind.BadRequest,
                $"{Name} must come once and be 1 to {Longest} visible ASCII characters without blanks."
            );
    }
}
