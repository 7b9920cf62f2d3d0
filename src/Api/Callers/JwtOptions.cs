using System.ComponentModel.DataAnnotations;
using Microsoft.IdentityModel.Tokens;

namespace InstructDiffusion.Api.Callers;

/// <summary>Tokens (JWT) of an identity provider as credentials, beside keys.</summary>
internal sealed class JwtOptions : IValidatableObject
{
    /// <summary>The provider's address, whose OpenID Connect metadata name its keys; null for none.</summary>
    public string? Authority { get; init; }

    /// <summary>A file of the provider's public keys (JSON Web Key Set), instead of <see cref="Authority"/>; null for none.</summary>
    public string? KeySetFile { get; init; }

    /// <summary>Who must have issued a token; null for who the authority's metadata say.</summary>
    public string? Issuer { get; init; }

    /// <summary>For whom a token must be.</summary>
    public string? Audience { get; init; }

    /// <summary>The claim that lists scopes, parted by spaces or as an array.</summary>
    [Required]
    public string ScopeClaim { get; init; } = "scope";

    /// <summary>What the provider calls our scopes, its name to ours; empty when it uses our names.</summary>
    public Dictionary<string, string> Scopes { get; init; } = [];

    /// <summary>True when tokens are taken.</summary>
    internal bool IsUsed => Authority is not null || KeySetFile is not null;

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext)
    {
        if (!IsUsed)
        {
            yield break;
        }
        if (string.IsNullOrEmpty(Audience))
        {
            yield return new ValidationResult("Audience is required: a token for another service must not work here.");
        }
        if (Authority is null && string.IsNullOrEmpty(Issuer))
        {
            yield return new ValidationResult("Issuer is required with KeySetFile.");
        }
        if (Authority is not null && KeySetFile is not null)
        {
            yield return new ValidationResult("Authority and KeySetFile exclude each other.");
        }
        if (Authority is not null && !IsSafe(Authority))
        {
            yield return new ValidationResult($"Authority must be an https:// address, got '{Authority}'.");
        }
        if (FaultOfKeySet() is { } fault)
        {
            yield return new ValidationResult($"KeySetFile {KeySetFile}: {fault}");
        }
        foreach (string scope in Scopes.Values.Except(Scope.All, StringComparer.Ordinal))
        {
            yield return new ValidationResult($"Scopes: '{scope}' is none of {string.Join(", ", Scope.All)}.");
        }
    }

    /// <summary>The keys of <see cref="KeySetFile"/>; null without one.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    /// <exception cref="ArgumentException">It is no key set.</exception>
    internal IList<SecurityKey>? ReadKeySet() =>
        KeySetFile is null ? null : new JsonWebKeySet(File.ReadAllText(KeySetFile)).GetSigningKeys();

    private string? FaultOfKeySet()
    {
        try
        {
            return ReadKeySet()?.Count == 0 ? "holds no keys." : null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return error.Message;
        }
    }

    private static bool IsSafe(string authority) =>
        Uri.TryCreate(authority, UriKind.Absolute, out Uri? address)
        && (address.IsLoopback || address.Scheme.Equals(Uri.UriSchemeHttps, StringComparison.Ordinal));
}
