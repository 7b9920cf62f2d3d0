using System.Buffers.Text;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Api.Tests.Security;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.Tokens;

namespace InstructDiffusion.Api.Tests.Callers;

public sealed class JwtTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly TokenIssuer _issuer = new();
    private readonly CallerNotes _notes = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _issuer.Dispose();
    }

    [Fact]
    public async Task Post_WithAToken_IsServedAsItsSubjectWithItsScopes()
    {
        await using ApiApplication app = Trusting();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good().From(_issuer.Token());

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        await ApiApplication.Until(() => _notes.Callers.Count == 1);
        // Not "carol": that is who holds a key of that name.
        Assert.Equal("jwt:carol", _notes.Callers[0].Name);
        Assert.Equal(["edit"], _notes.Callers[0].Scopes);
    }

    [Fact]
    public async Task Post_KeysBesideTokens_StillWork()
    {
        await using ApiApplication app = Trusting();
        app.Settings.AddKey(Keys.Alice, "alice");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good().From(Keys.Alice);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Get_TokenThatIsNotValid_IsRefusedWithTheReason()
    {
        await using ApiApplication app = Trusting();
        using HttpClient client = await app.StartAsync();
        using var stranger = new TokenIssuer();
        string good = _issuer.Token();
        var sharedSecret = new SymmetricSecurityKey(Encoding.UTF8.GetBytes(_issuer.PublicPem)) { KeyId = "one" };
        (string Token, string Reason)[] cases =
        [
            (_issuer.Token(minutes: -5), "The token has expired."),
            (_issuer.Token(audience: "another-service"), "The token is for another service."),
            (_issuer.Token(issuer: "https://evil.example/"), "The token is of another issuer."),
            (stranger.Token(), "The token is not valid."),
            (
                _issuer.Token(signing: new SigningCredentials(sharedSecret, SecurityAlgorithms.HmacSha256)),
                "The token is not valid."
            ),
            (Unsigned(good), "The token is not valid."),
            (Altered(good), "The token is not valid."),
            (_issuer.Token(Claims(("scope", "edit"))), "The token has no sub of 1 to 200 characters."),
            (_issuer.Token(Claims(("sub", "a\nb"))), "The token has no sub of 1 to 200 characters."),
            (_issuer.Token(Claims(("sub", new string('a', 201)))), "The token has no sub of 1 to 200 characters."),
            ("ey.ey.ey", "The token is not valid."),
        ];

        foreach ((string token, string reason) in cases)
        {
            using HttpRequestMessage request = Keys.Get("/v1/tasks").From(token);
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            JsonElement problem = await response.ProblemAsync(401, "invalid_credentials");
            Assert.Equal(reason, problem.GetProperty("detail").GetString());
        }
    }

    [Fact]
    public async Task Post_TokenWithoutTheScope_IsForbidden()
    {
        await using ApiApplication app = Trusting();
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests
            .Good()
            .From(_issuer.Token(Claims(("sub", "carol"), ("scope", "openid jobs"))));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ProblemAsync(403, "missing_scope");
    }

    [Fact]
    public async Task Post_ScopesUnderOtherNames_AreMapped()
    {
        await using ApiApplication app = Trusting();
        app.Settings["Security:Jwt:ScopeClaim"] = "scp";
        app.Settings["Security:Jwt:Scopes:Pictures.Edit"] = "edit";
        app.Settings["Security:Jwt:Scopes:Pictures.Queue"] = "jobs";
        using HttpClient client = await app.StartAsync();
        string token = _issuer.Token(
            Claims(("sub", "carol"), ("scp", new[] { "Pictures.Edit", "Pictures.Queue", "admin" }))
        );
        using HttpRequestMessage request = EditRequests.Good().From(token);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        await ApiApplication.Until(() => _notes.Callers.Count == 1);
        Assert.Equal(["edit", "jobs"], _notes.Callers[0].Scopes.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task Post_KeysOfAnAuthority_AreFoundByItsMetadata()
    {
        string address = "";
        await using PictureHost provider = await PictureHost.StartAsync(http =>
            http.Response.WriteAsync(
                http.Request.Path == "/keys"
                    ? _issuer.KeySet
                    : JsonSerializer.Serialize(new { issuer = TokenIssuer.Name, jwks_uri = $"{address}/keys" }),
                TestEnd
            )
        );
        address = $"http://127.0.0.1:{provider.Port}";
        await using var app = new ApiApplication
        {
            Settings = { ["Security:Jwt:Authority"] = address, ["Security:Jwt:Audience"] = TokenIssuer.Audience },
        };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = EditRequests.Good().From(_issuer.Token());

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
    }

    private ApiApplication Trusting()
    {
        string file = Path.Combine(_folder.Path, "keys.json");
        File.WriteAllText(file, _issuer.KeySet);
        return new ApiApplication
        {
            Adapted = services => services.AddSingleton<IStartupFilter>(_notes),
            Settings =
            {
                ["Security:Jwt:KeySetFile"] = file,
                ["Security:Jwt:Issuer"] = TokenIssuer.Name,
                ["Security:Jwt:Audience"] = TokenIssuer.Audience,
            },
        };
    }

    private static Dictionary<string, object> Claims(params (string Name, object Value)[] claims) =>
        claims.ToDictionary(claim => claim.Name, claim => claim.Value);

    private static string Unsigned(string token)
    {
        string head = Base64Url.EncodeToString("""{"alg":"none","typ":"JWT"}"""u8);
        return $"{head}.{token.Split('.')[1]}.";
    }

    // The signature stays; the subject is another.
    private static string Altered(string token)
    {
        string[] parts = token.Split('.');
        string payload = Encoding.UTF8.GetString(Base64Url.DecodeFromChars(parts[1]));
        parts[1] = Base64Url.EncodeToString(
            Encoding.UTF8.GetBytes(payload.Replace("carol", "admin", StringComparison.Ordinal))
        );
        return string.Join('.', parts);
    }
}
