using System.Security.Cryptography;
using System.Text.Json;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace InstructDiffusion.Api.Tests.Callers;

/// <summary>Plays the identity provider: signs tokens, publishes its keys.</summary>
internal sealed class TokenIssuer : IDisposable
{
    public const string Name = "https://login.example/";
    public const string Audience = "instructdiffusion";

    private readonly RSA _rsa = RSA.Create(2048);

    public RsaSecurityKey Key => new(_rsa) { KeyId = "one" };

    /// <summary>The public key as a PEM file, which is no secret.</summary>
    public string PublicPem => _rsa.ExportSubjectPublicKeyInfoPem();

    /// <summary>The key set as its file.</summary>
    public string KeySet
    {
        get
        {
            JsonWebKey key = JsonWebKeyConverter.ConvertFromRSASecurityKey(
                new RsaSecurityKey(_rsa.ExportParameters(includePrivateParameters: false)) { KeyId = "one" }
            );
            return JsonSerializer.Serialize(
                new
                {
                    keys = new[]
                    {
                        new
                        {
                            kty = key.Kty,
                            kid = key.Kid,
                            n = key.N,
                            e = key.E,
                            alg = "RS256",
                            use = "sig",
                        },
                    },
                }
            );
        }
    }

    /// <summary>A token that works, unless something is said otherwise.</summary>
    public string Token(
        IDictionary<string, object>? claims = null,
        string issuer = Name,
        string audience = Audience,
        double minutes = 5,
        SigningCredentials? signing = null
    )
    {
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        return new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(
            new SecurityTokenDescriptor
            {
                Issuer = issuer,
                Audience = audience,
                NotBefore = now.AddMinutes(-10),
                Expires = now.AddMinutes(minutes),
                Claims = claims ?? new Dictionary<string, object> { ["sub"] = "carol", ["scope"] = "edit" },
                SigningCredentials = signing ?? new SigningCredentials(Key, SecurityAlgorithms.RsaSha256),
            }
        );
    }

    public void Dispose() => _rsa.Dispose();
}
