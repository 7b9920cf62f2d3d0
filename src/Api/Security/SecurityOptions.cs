using System.ComponentModel.DataAnnotations;
using InstructDiffusion.Api.Callers;

namespace InstructDiffusion.Api.Security;

/// <summary>Section <c>Security</c>: who may ask, and what the server does for whom.</summary>
internal sealed class SecurityOptions : IValidatableObject
{
    public const string Section = "Security";

    /// <summary>
    /// Who may do without a key or token. Null: everybody on a server that has none, which then listens on this machine alone;
    /// nobody on a server with keys. True: everybody. False: nobody.
    /// </summary>
    public bool? AllowAnonymous { get; init; }

    /// <summary>Keys, each as <see cref="ApiKeyEntry"/>.</summary>
    public ApiKeyEntry[] Keys { get; init; } = [];

    /// <summary>A file with one key a line, as <c>key create</c> prints it, read anew when it changes; null for none.</summary>
    public string? KeysFile { get; init; }

    /// <summary>Tokens of an identity provider.</summary>
    public JwtOptions Jwt { get; init; } = new();

    /// <summary>How much each caller may use whose key says nothing else.</summary>
    public CallerLimits Limits { get; init; } = new();

    /// <summary>
    /// Proxies in front, as addresses or networks (<c>10.0.0.0/8</c>): what these say of a client's address, scheme and host
    /// (<c>X-Forwarded-*</c>) is believed.
    /// </summary>
    public string[] KnownProxies { get; init; } = [];

    /// <summary>Origins (<c>https://app.example.com</c>) whose pages may use the server from a browser; none unless set.</summary>
    public string[] CorsOrigins { get; init; } = [];

    /// <summary>For how long browsers are told to come by https alone (HSTS), in seconds; 0 to say nothing.</summary>
    [Range(0, 100_000_000)]
    public int HstsSeconds { get; init; }

    /// <summary>Pictures that clients name by an address instead of sending them.</summary>
    public OutboundOptions ImageUrls { get; init; } = new();

    /// <summary>Addresses that clients want to be told at when a job is done.</summary>
    public OutboundOptions Webhooks { get; init; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        [
            .. Keys.SelectMany(key => key.Faults())
                .Select(fault => new ValidationResult($"{Section}:{nameof(Keys)}: the key {fault}")),
            .. WithoutCredentials(),
            .. KnownProxies
                .Where(proxy => ProxySetup.NetworkOf(proxy) is null)
                .Select(proxy => new ValidationResult(
                    $"{Section}:{nameof(KnownProxies)}: '{proxy}' is neither an address nor a network."
                )),
            .. CorsOrigins
                .Where(origin => !IsOrigin(origin))
                .Select(origin => new ValidationResult(
                    $"{Section}:{nameof(CorsOrigins)}: '{origin}' is no origin such as https://app.example.com."
                )),
            .. Of(nameof(Jwt), Jwt),
            .. Of(nameof(Limits), Limits),
            .. Of(nameof(ImageUrls), ImageUrls),
            .. Of(nameof(Webhooks), Webhooks),
        ];

    /// <summary>True for an origin whose pages may use the server.</summary>
    internal bool AllowsOrigin(string origin) => CorsOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase);

    // As browsers send it: scheme, host, and the port unless it is the usual one.
    private static bool IsOrigin(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out Uri? address)
        && (address.Scheme is "http" or "https")
        && text.Equals(address.GetLeftPart(UriPartial.Authority), StringComparison.OrdinalIgnoreCase);

    private IEnumerable<ValidationResult> WithoutCredentials()
    {
        if (AllowAnonymous == false && Keys.Length == 0 && KeysFile is null && !Jwt.IsUsed)
        {
            yield return new ValidationResult(
                $"{Section}:{nameof(AllowAnonymous)} is false, and there are no {nameof(Keys)}, no {nameof(KeysFile)} and no {nameof(Jwt)}: nobody could use the server."
            );
        }
    }

    // The framework validates an object's own members only.
    private static IEnumerable<ValidationResult> Of(string name, object part)
    {
        List<ValidationResult> faults = [];
        Validator.TryValidateObject(part, new ValidationContext(part), faults, validateAllProperties: true);
        return faults.Select(fault => new ValidationResult($"{Section}:{name}: {fault.ErrorMessage}"));
    }
}
