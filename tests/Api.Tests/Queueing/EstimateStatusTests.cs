using System.Net.Http.Headers;
using System.Text;

namespace InstructDiffusion.Api.Tests.Queueing;

/// <summary>What POST /v1/estimate says of bodies that it cannot read.</summary>
public sealed class EstimateStatusTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("{", "application/json", 400, "malformed_body")]
    [InlineData("hello", "text/plain", 415, "unsupported_body")]
    public async Task Post_UnreadableBody_IsRefused(string body, string type, int status, string code)
    {
        await using var app = new ApiApplication();
        using HttpClient client = await app.StartAsync();
        using var content = new StringContent(body, Encoding.UTF8, MediaTypeHeaderValue.Parse(type));

        using HttpResponseMessage response = await client.PostAsync("/v1/estimate", content, TestEnd);

        await response.ProblemAsync(status, code);
    }

    [Fact]
    public async Task Post_LongBody_IsRefused()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:MaxBodyBytes"] = "2000" } };
        using HttpClient client = await app.StartAsync();
        using var content = new StringContent(new string(' ', 2001), Encoding.UTF8, "application/json");

        using HttpResponseMessage response = await client.PostAsync("/v1/estimate", content, TestEnd);

        await response.ProblemAsync(413, "body_too_large");
    }

    [Fact]
    public async Task Post_BodyThatDoesNotArrive_IsGivenUp()
    {
        await using var app = new ApiApplication { Settings = { ["Limits:UploadSeconds"] = "1" } };
        using HttpClient client = await app.StartAsync();

        string answer = await RawHttp.SendAsync(
            app.Address,
            "POST /v1/estimate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
        );

        Assert.StartsWith("HTTP/1.1 408", answer, StringComparison.Ordinal);
        Assert.Contains("\"code\":\"upload_too_slow\"", answer, StringComparison.Ordinal);
    }
}
