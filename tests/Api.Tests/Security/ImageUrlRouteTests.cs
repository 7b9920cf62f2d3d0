using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using InstructDiffusion.Api.Tests.OpenAi;
using InstructDiffusion.Outbound;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace InstructDiffusion.Api.Tests.Security;

/// <summary>Bad input 36, and the good ones beside it, by the route that takes addresses of pictures.</summary>
public sealed class ImageUrlRouteTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_AddressOfAPicture_IsFetchedAndEdited()
    {
        byte[] picture = Pictures.Png(Pictures.Gradient());
        await using PictureHost host = await PictureHost.StartAsync(http =>
            http.Response.Body.WriteAsync(picture, TestEnd).AsTask()
        );
        await using ApiApplication app = Calling($"pictures.example:{host.Port}", "127.0.0.1/32");
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = With($"http://pictures.example:{host.Port}/a.png");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        Assert.Equal(200, (int)response.StatusCode);
        Assert.Single(host.Requests);
    }

    [Theory]
    [InlineData("http://127.0.0.1:PORT/")]
    [InlineData("http://2130706433:PORT/")] // decimal
    [InlineData("http://0177.0.0.1:PORT/")] // octal
    [InlineData("http://0x7f.1:PORT/")] // hexadecimal
    [InlineData("http://[::1]:PORT/")]
    [InlineData("http://[::ffff:127.0.0.1]:PORT/")]
    [InlineData("http://localhost:PORT/")]
    [InlineData("http://rebound.example:PORT/")] // a name of the internet that leads here
    public async Task Post_AddressThatLeadsInside_IsRefusedWithoutAConnection(string url)
    {
        using var trap = new TcpListener(IPAddress.IPv6Any, 0);
        trap.Server.DualMode = true;
        trap.Start();
        url = url.Replace("PORT", $"{((IPEndPoint)trap.LocalEndpoint).Port}", StringComparison.Ordinal);
        // Even where the operator has listed the host by mistake.
        await using ApiApplication app = Calling(new Uri(url).Authority, network: null);
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = With(url);

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement error = await response.ErrorAsync(403, "forbidden_url");
        Assert.Contains("public internet", error.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.False(trap.Pending());
        Assert.Equal(1, app.Pipeline.Prepared);
        await AssertServesAsync(client);
    }

    [Theory]
    [InlineData("http://169.254.169.254/latest/meta-data/", 403, "forbidden_url")]
    [InlineData("https://evil.example/a.png", 403, "forbidden_url")]
    [InlineData("file:///etc/passwd", 422, "invalid_parameter")]
    [InlineData("gopher://pictures.example/", 422, "invalid_parameter")]
    [InlineData("https://user:word@pictures.example/", 422, "invalid_parameter")]
    [InlineData("data:image/png;base64,THIRTY", 422, "invalid_parameter")]
    public async Task Post_AddressThatIsNeverCalled_IsRefused(string url, int status, string code)
    {
        await using ApiApplication app = Calling("pictures.example", network: null);
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = With(
            url.Replace("THIRTY", new string('A', 30_000_000), StringComparison.Ordinal)
        );

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ErrorAsync(status, code);
        await AssertServesAsync(client);
    }

    [Theory]
    [InlineData("redirect", 422, "unreachable_url")]
    [InlineData("endless", 413, "image_too_large")]
    [InlineData("text", 415, "unsupported_image")]
    public async Task Post_AddressThatGivesNoPicture_IsRefused(string what, int status, string code)
    {
        await using PictureHost inner = await PictureHost.StartAsync(
            http => http.Response.WriteAsync("secret"),
            "127.0.0.2"
        );
        await using PictureHost host = await PictureHost.StartAsync(http =>
            what switch
            {
                "redirect" => RedirectAsync(http, $"http://127.0.0.2:{inner.Port}/"),
                "endless" => WriteForeverAsync(http),
                _ => http.Response.WriteAsync("just text, whatever the name says"),
            }
        );
        await using ApiApplication app = Calling($"pictures.example:{host.Port}", "127.0.0.1/32");
        app.Settings["Limits:MaxBodyBytes"] = "1000000";
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = With($"http://pictures.example:{host.Port}/a.png");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ErrorAsync(status, code);
        Assert.Empty(inner.Requests);
        Assert.Equal(1, app.Pipeline.Prepared);
        await AssertServesAsync(client);
    }

    [Fact]
    public async Task Post_AddressToAServerByDefault_IsNotCalled()
    {
        await using var app = new ApiApplication
        {
            Adapted = services => Resolve(services, _ => throw new InvalidOperationException()),
        };
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = With("https://pictures.example/a.png");

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        await response.ErrorAsync(422, "invalid_parameter");
    }

    private static ApiApplication Calling(string host, string? network)
    {
        var app = new ApiApplication
        {
            Adapted = services => Resolve(services, _ => IPAddress.Loopback),
            Settings =
            {
                ["Security:ImageUrls:Enabled"] = "true",
                ["Security:ImageUrls:Hosts:0"] = host,
                ["Security:ImageUrls:AllowHttp"] = "true",
            },
        };
        if (network is not null)
        {
            app.Settings["Security:ImageUrls:PrivateNetworks:0"] = network;
        }
        return app;
    }

    private static void Resolve(IServiceCollection services, Func<string, IPAddress> addressOf) =>
        services.Replace(
            ServiceDescriptor.Singleton<ResolveHost>((host, _) => Task.FromResult<IPAddress[]>([addressOf(host)]))
        );

    private static HttpRequestMessage With(string url) =>
        OpenAiRequests.Json(new { prompt = "make it winter", images = new[] { new { image_url = url } } });

    private static Task RedirectAsync(HttpContext http, string url)
    {
        http.Response.Redirect(url);
        return Task.CompletedTask;
    }

    private static async Task WriteForeverAsync(HttpContext http)
    {
        while (!http.RequestAborted.IsCancellationRequested)
        {
            await http.Response.Body.WriteAsync(new byte[10_000], CancellationToken.None);
        }
    }

    private static async Task AssertServesAsync(HttpClient client)
    {
        using HttpRequestMessage good = OpenAiRequests.Good();
        using HttpResponseMessage response = await client.SendAsync(good, TestEnd);
        Assert.Equal(200, (int)response.StatusCode);
    }
}
