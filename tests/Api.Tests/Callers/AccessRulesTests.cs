using InstructDiffusion.Api.Callers;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Tests.Callers;

public sealed class AccessRulesTests
{
    // Kestrel's own settings win over --urls, which the tests' server always gets.
    private const string Endpoint = "Kestrel:Endpoints:Http:Url";

    [Theory]
    [InlineData("http://*:0")]
    [InlineData("http://0.0.0.0:0")]
    [InlineData("http://[::]:0")]
    [InlineData("http://a-name:0")]
    public async Task Start_WhereOthersReachAServerWithoutKeys_IsRefusedAndSaysWhatToDo(string url)
    {
        await using var app = new ApiApplication { Settings = { [Endpoint] = url } };

        var refusal = await Assert.ThrowsAsync<StartRefusedException>(app.StartUnreadyAsync);

        Assert.Contains("key create", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Security:KeysFile", refusal.Message, StringComparison.Ordinal);
        Assert.Contains("Security:AllowAnonymous=true", refusal.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://localhost:0")]
    [InlineData("http://127.0.0.1:0")]
    [InlineData("http://[::1]:0")]
    public async Task Start_OnThisMachineAlone_NeedsNoKeys(string url)
    {
        // Port 0 cannot be had for both addresses of localhost at once; the refusal is then the system's, not ours.
        await using var app = new ApiApplication { Settings = { [Endpoint] = url } };

        Exception? error = await Record.ExceptionAsync(async () => (await app.StartUnreadyAsync()).Dispose());

        Assert.IsNotType<StartRefusedException>(error);
    }

    [Theory]
    [InlineData("Security:AllowAnonymous", "true")]
    [InlineData("Security:Keys:0:Hash", "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")]
    public async Task Start_WhereOthersReachAServerThatIsMeantToBeReached_Works(string key, string value)
    {
        await using var app = new ApiApplication { Settings = { [Endpoint] = "http://0.0.0.0:0", [key] = value } };
        if (key.EndsWith(":Hash", StringComparison.Ordinal))
        {
            app.Settings["Security:Keys:0:Name"] = "alice";
            app.Settings["Security:Keys:0:Scopes"] = "edit";
        }

        await app.StartUnreadyAsync();

        Assert.Equal("0.0.0.0", app.Address.Host);
    }

    [Theory]
    [InlineData("Security:AllowAnonymous", "false", "nobody could use the server")]
    [InlineData("Security:AllowAnonymous", "perhaps", "AllowAnonymous")]
    [InlineData("Security:Keys:0:Name", "alice", "hash")]
    [InlineData("Security:Key", "secret", "Key")]
    [InlineData("Security:Jwt:Authority", "http://login.example", "https://")]
    [InlineData("Security:Jwt:KeySetFile", "/nowhere/keys.json", "Audience")]
    [InlineData("Security:Limits:RequestsPerMinute", "0", "RequestsPerMinute")]
    [InlineData("Security:ImageUrls:Enabled", "true", "Hosts")]
    [InlineData("Security:Webhooks:PrivateNetworks:0", "10.0.0.1", "PrivateNetworks")]
    [InlineData("Security:Webhooks:Hosts:0", "https://example.com", "Hosts")]
    [InlineData("Security:KnownProxies:0", "proxy.example", "KnownProxies")]
    [InlineData("Security:CorsOrigins:0", "https://app.example/", "CorsOrigins")]
    [InlineData("Security:CorsOrigins:0", "*", "CorsOrigins")]
    [InlineData("Security:HstsSeconds", "-1", "HstsSeconds")]
    public async Task Start_WrongSetting_IsRefusedAndNamed(string key, string value, string named)
    {
        await using var app = new ApiApplication { Settings = { [key] = value } };

        Exception error = await Assert.ThrowsAnyAsync<Exception>(app.StartUnreadyAsync);

        Assert.True(error is OptionsValidationException or InvalidOperationException, error.ToString());
        Assert.Contains(named, error.ToString(), StringComparison.Ordinal);
    }
}
