using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Tests.Callers;
using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Api.Tests.Security;

/// <summary>What must never stand in a log, however much is logged.</summary>
public sealed class LogSecrecyTests : IDisposable
{
    private const string Instruction = "paint-the-surprise-party-42";
    private const string QuerySecret = "query-secret-4711";
    private const string HeaderSecret = "header-secret-815";

    private readonly TempFolder _folder = new();
    private readonly TokenIssuer _issuer = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        _folder.Dispose();
        _issuer.Dispose();
    }

    [Fact]
    public async Task Log_OfAFullRunWithEverythingLogged_HoldsNoKeyNoTokenNoQueryNoInstruction()
    {
        string wrongKey = ApiKey.Create();
        string token = _issuer.Token();
        string oldToken = _issuer.Token(minutes: -5);
        await using ApiApplication app = Verbose();
        using HttpClient client = await app.StartAsync();
        List<HttpRequestMessage> requests =
        [
            Edit().From(Keys.Alice),
            Edit().With("X-API-Key", Keys.Alice),
            Edit().From(token),
            Edit().From(oldToken),
            Edit().From(wrongKey),
            Edit().With("Authorization", $"Basic {HeaderSecret}"),
            Edit(("steps", "many")).From(Keys.Alice),
            Edit().From(Keys.Alice).Accepting("text/event-stream"),
            Edit().From(Keys.Alice).With("Prefer", "respond-async").With("Idempotency-Key", "a-key"),
            EditRequests.JsonText($$"""{"instruction": "{{Instruction}}", "image": }""").From(Keys.Alice),
            EditRequests.Json(new { instruction = Instruction, image = "no base64" }).From(Keys.Alice),
            JobRequests
                .Form(Pictures.Png(Pictures.Gradient()), ("type", "edit"), ("instruction", Instruction))
                .From(Keys.Alice),
            Keys.Get($"/v1/models?access_token={QuerySecret}").From(Keys.Alice),
            Keys.Get($"/v1/nothing?access_token={QuerySecret}"),
            Keys.Get($"/swagger/index.html?key={QuerySecret}"),
        ];

        foreach (HttpRequestMessage request in requests)
        {
            (await client.SendAsync(request, TestEnd)).Dispose();
            request.Dispose();
        }
        await RawHttp.SendAsync(app.Address, $"GET /?access_token={QuerySecret} HTTP/9.9\r\n\r\n");
        await RawHttp.SendAsync(app.Address, $"GET / HTTP/1.1\r\nHost: x\r\nAuthorization: \0{HeaderSecret}\r\n\r\n");
        await ApiApplication.Until(() => app.Queue.Count == 0 && app.Pipeline.Disposed == app.Pipeline.Prepared);

        string log = string.Join('\n', app.Logs.Lines);
        Assert.Contains("Trace ", log, StringComparison.Ordinal); // it was really all of it
        Assert.Contains("invalid_credentials", log, StringComparison.Ordinal);
        string[] secrets =
        [
            Keys.Alice,
            wrongKey,
            token,
            token.Split('.')[1],
            oldToken.Split('.')[1],
            QuerySecret,
            HeaderSecret,
            Instruction,
            ApiKey.Hash(Keys.Alice)["sha256:".Length..],
        ];
        Assert.All(secrets, secret => Assert.DoesNotContain(secret, log, StringComparison.OrdinalIgnoreCase));
    }

    private ApiApplication Verbose()
    {
        string file = Path.Combine(_folder.Path, "keys.json");
        File.WriteAllText(file, _issuer.KeySet);
        var app = new ApiApplication
        {
            Logs = new LogCollector { Level = LogLevel.Trace },
            Settings =
            {
                ["Logging:LogLevel:Default"] = "Trace",
                ["Logging:LogLevel:Microsoft.AspNetCore"] = "Trace",
                ["Security:Jwt:KeySetFile"] = file,
                ["Security:Jwt:Issuer"] = TokenIssuer.Name,
                ["Security:Jwt:Audience"] = TokenIssuer.Audience,
            },
        };
        app.Settings.AddKey(Keys.Alice, "alice");
        return app;
    }

    private static HttpRequestMessage Edit(params (string Name, string Value)[] fields) =>
        EditRequests.Form(Pictures.Png(Pictures.Gradient()), [("instruction", Instruction), .. fields]);
}
