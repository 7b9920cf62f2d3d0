using System.Net;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Security;

namespace InstructDiffusion.Api.Tests.Security;

public sealed class ImageUrlsTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Read_Address_GivesTheFile()
    {
        byte[] picture = Pictures.Png(Pictures.Gradient());
        await using PictureHost host = await PictureHost.StartAsync(http =>
            http.Response.Body.WriteAsync(picture, TestEnd).AsTask()
        );

        ReadOnlyMemory<byte> file = await ReadAsync(host, "/a.png?v=1");

        Assert.Equal(picture, file.ToArray());
        Assert.Contains("Accept", Assert.Single(host.Requests).Headers);
    }

    [Fact]
    public async Task Read_Redirect_IsUnreachable()
    {
        await using PictureHost host = await PictureHost.StartAsync(http =>
        {
            http.Response.Redirect("http://169.254.169.254/latest/meta-data/");
            return Task.CompletedTask;
        });

        ApiException refusal = await RefusedAsync(host);

        Assert.Equal(ProblemKind.UnreachableUrl, refusal.Kind);
        Assert.Equal("image_url: leads elsewhere; redirects are not followed", refusal.Message);
        Assert.Equal("image_url", refusal.Parameter);
    }

    [Theory]
    [InlineData(404, null, "image_url: answers with status 404")]
    [InlineData(204, null, "image_url: answers with status 204")]
    [InlineData(200, "gzip", "image_url: answers with a compressed body, which is not read")]
    public async Task Read_WhatIsNoFile_IsUnreachable(int status, string? encoding, string message)
    {
        await using PictureHost host = await PictureHost.StartAsync(http =>
        {
            http.Response.StatusCode = status;
            http.Response.Headers.ContentEncoding = encoding;
            return Task.CompletedTask;
        });

        ApiException refusal = await RefusedAsync(host);

        Assert.Equal((ProblemKind.UnreachableUrl, message), (refusal.Kind, refusal.Message));
    }

    [Fact]
    public async Task Read_EndlessFile_IsTooLarge()
    {
        await using PictureHost host = await PictureHost.StartAsync(async http =>
        {
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(new byte[10_000], CancellationToken.None);
            }
        });

        ApiException refusal = await RefusedAsync(host);

        Assert.Equal(ProblemKind.ImageTooLarge, refusal.Kind);
    }

    [Theory]
    [InlineData("file:///etc/passwd", "invalid_parameter")]
    [InlineData("https://evil.example/a.png", "forbidden_url")]
    [InlineData("http://pictures.example/a.png", "forbidden_url")]
    [InlineData("data:image/png;base64,AQID", "invalid_parameter")]
    public async Task Read_UrlAgainstTheRules_IsRefused(string url, string code)
    {
        using GuardedHttp http = Guarded("pictures.example:1");

        var refusal = await Assert.ThrowsAsync<ApiException>(() =>
            new ImageUrls(http, new LimitsOptions()).ReadAsync(url, "image_url", TestEnd)
        );

        Assert.Equal(code, refusal.Kind.Code);
        Assert.Equal(["image_url"], refusal.Errors.Keys);
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAsync(PictureHost host, string path)
    {
        using GuardedHttp http = Guarded($"pictures.example:{host.Port}");
        var urls = new ImageUrls(http, new LimitsOptions { MaxBodyBytes = 100_000 });
        return await urls.ReadAsync($"http://pictures.example:{host.Port}{path}", "image_url", TestEnd);
    }

    private static Task<ApiException> RefusedAsync(PictureHost host) =>
        Assert.ThrowsAsync<ApiException>(() => ReadAsync(host, "/"));

    private static GuardedHttp Guarded(string host) =>
        new(
            new OutboundOptions
            {
                Enabled = true,
                Hosts = [host],
                AllowHttp = true,
                PrivateNetworks = ["127.0.0.1/32"],
            },
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            TimeProvider.System
        );
}
