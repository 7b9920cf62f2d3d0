using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Outbound;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Security;

public sealed class GuardedHttpTests
{
    private readonly FakeTimeProvider _time = new();
    private int _resolutions;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Send_ToAnAllowedHost_GivesTheAnswerAndTellsTheHostNothingButTheRequest()
    {
        await using PictureHost host = await PictureHost.StartAsync(http => http.Response.WriteAsync("picture"));
        using GuardedHttp guarded = Guarded($"pictures.example:{host.Port}", _ => ["127.0.0.1"]);
        using var activity = new Activity("request");
        activity.Start();

        OutboundAnswer answer = await GetAsync(guarded, $"http://pictures.example:{host.Port}/a.png?size=1");

        Assert.Equal(HttpStatusCode.OK, answer.Status);
        Assert.Equal("picture"u8.ToArray(), answer.Body.ToArray());
        Assert.False(answer.IsLong);
        HttpRequestNote request = Assert.Single(host.Requests);
        Assert.Equal($"pictures.example:{host.Port}", request.Host);
        Assert.Equal(["Host"], request.Headers);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.0.0.53")]
    [InlineData("0.0.0.0")]
    [InlineData("10.0.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("100.100.100.200")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("64:ff9b::7f00:1")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("fd00:ec2::254")]
    [InlineData("fe80::1")]
    [InlineData("93.184.216.34", "127.0.0.1")] // one private address spoils them all
    public async Task Send_NameOfAPrivateAddress_IsRefusedWithoutAConnection(params string[] addresses)
    {
        using var trap = new TcpListener(IPAddress.Loopback, 0);
        trap.Start();
        int port = ((IPEndPoint)trap.LocalEndpoint).Port;
        using GuardedHttp guarded = Guarded($"trap.example:{port}", _ => addresses, networks: []);

        OutboundException refusal = await RefusedAsync(guarded, $"http://trap.example:{port}/");

        Assert.Equal(OutboundFault.Forbidden, refusal.Fault);
        Assert.Equal("does not lead to the public internet", refusal.Message);
        Assert.False(trap.Pending());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("127.1")]
    [InlineData("2130706433")] // decimal
    [InlineData("0x7f000001")] // hexadecimal
    [InlineData("0x7f.0.0.1")]
    [InlineData("0177.0.0.1")] // octal
    [InlineData("[::1]")]
    [InlineData("[::ffff:127.0.0.1]")]
    [InlineData("[::ffff:7f00:1]")]
    [InlineData("①②⑦.⓪.⓪.①")]
    [InlineData("127.0.0.1.")]
    public async Task Send_LoopbackHoweverSpelt_IsRefusedWithoutAConnection(string host)
    {
        using var trap = new TcpListener(IPAddress.IPv6Any, 0);
        trap.Server.DualMode = true;
        trap.Start();
        int port = ((IPEndPoint)trap.LocalEndpoint).Port;
        // A resolver that would gladly lead there.
        using GuardedHttp guarded = Guarded($"{host}:{port}", _ => ["127.0.0.1"], networks: []);

        OutboundException refusal = await RefusedAsync(guarded, $"http://{host}:{port}/");

        Assert.Equal("does not lead to the public internet", refusal.Message);
        Assert.False(trap.Pending());
    }

    [Fact]
    public async Task Send_NameThatIsRebound_IsResolvedOnceAConnectionAndCheckedEachTime()
    {
        await using PictureHost host = await PictureHost.StartAsync(http =>
        {
            http.Response.Headers.Connection = "close";
            return http.Response.WriteAsync("picture");
        });
        await using PictureHost inner = await PictureHost.StartAsync(
            http => http.Response.WriteAsync("secret"),
            "127.0.0.2",
            host.Port
        );
        using GuardedHttp guarded = Guarded(
            $"pictures.example:{host.Port}",
            resolution => [resolution == 1 ? "127.0.0.1" : "127.0.0.2"]
        );
        string url = $"http://pictures.example:{host.Port}/";

        OutboundAnswer first = await GetAsync(guarded, url);
        int resolutionsOfOneCall = _resolutions;
        OutboundException second = await RefusedAsync(guarded, url);

        Assert.Equal("picture"u8.ToArray(), first.Body.ToArray());
        Assert.Equal(1, resolutionsOfOneCall);
        Assert.Equal(OutboundFault.Forbidden, second.Fault);
        Assert.Empty(inner.Requests);
    }

    [Fact]
    public async Task Send_Redirect_IsNotFollowed()
    {
        await using PictureHost inner = await PictureHost.StartAsync(
            http => http.Response.WriteAsync("secret"),
            "127.0.0.2"
        );
        await using PictureHost host = await PictureHost.StartAsync(http =>
        {
            http.Response.Redirect($"http://127.0.0.2:{inner.Port}/");
            return Task.CompletedTask;
        });
        using GuardedHttp guarded = Guarded($"pictures.example:{host.Port}", _ => ["127.0.0.1"]);

        OutboundAnswer answer = await GetAsync(guarded, $"http://pictures.example:{host.Port}/");

        Assert.Equal(HttpStatusCode.Redirect, answer.Status);
        Assert.Empty(inner.Requests);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_EndlessBody_IsReadToTheBoundAndCut(bool announced)
    {
        var cut = new TaskCompletionSource();
        await using PictureHost host = await PictureHost.StartAsync(async http =>
        {
            await using CancellationTokenRegistration told = http.RequestAborted.Register(() => cut.TrySetResult());
            http.Response.ContentLength = announced ? long.MaxValue : null;
            while (!http.RequestAborted.IsCancellationRequested)
            {
                await http.Response.Body.WriteAsync(new byte[10_000], CancellationToken.None);
            }
        });
        using GuardedHttp guarded = Guarded($"pictures.example:{host.Port}", _ => ["127.0.0.1"]);

        OutboundAnswer answer = await GetAsync(guarded, $"http://pictures.example:{host.Port}/", maxBytes: 25_000);

        Assert.True(answer.IsLong);
        Assert.Equal(announced ? 0 : 25_000, answer.Body.Length);
        await cut.Task.WaitAsync(ApiApplication.Patience, TestEnd);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Send_NoAnswerInTime_IsGivenUp(bool answersHead)
    {
        await using PictureHost host = await PictureHost.StartAsync(async http =>
        {
            if (answersHead)
            {
                await http.Response.WriteAsync("drop", http.RequestAborted);
                await http.Response.Body.FlushAsync(http.RequestAborted);
            }
            await Task.Delay(Timeout.Infinite, http.RequestAborted);
        });
        using GuardedHttp guarded = Guarded($"pictures.example:{host.Port}", _ => ["127.0.0.1"]);

        Task<OutboundException> refusal = RefusedAsync(guarded, $"http://pictures.example:{host.Port}/");
        await ApiApplication.Until(() => host.Requests.Count == 1);
        _time.Advance(TimeSpan.FromSeconds(21));

        Assert.Equal("did not answer in time", (await refusal).Message);
    }

    [Fact]
    public async Task Send_CallersOwnCancellation_IsNoFaultOfTheAddress()
    {
        await using PictureHost host = await PictureHost.StartAsync(http =>
            Task.Delay(Timeout.Infinite, http.RequestAborted)
        );
        using GuardedHttp guarded = Guarded($"pictures.example:{host.Port}", _ => ["127.0.0.1"]);
        using var leave = new CancellationTokenSource();
        using var request = new HttpRequestMessage(HttpMethod.Get, $"http://pictures.example:{host.Port}/");

        Task<OutboundAnswer> call = guarded.SendAsync(request, 1_000, leave.Token);
        await ApiApplication.Until(() => host.Requests.Count == 1);
        await leave.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }

    [Fact]
    public async Task Send_UnknownHostOrDeadPort_IsUnreachable()
    {
        int port;
        using (var closed = new TcpListener(IPAddress.Loopback, 0))
        {
            closed.Start();
            port = ((IPEndPoint)closed.LocalEndpoint).Port;
        }
        using GuardedHttp unknown = Guarded($"pictures.example:{port}", _ => []);
        using GuardedHttp dead = Guarded($"pictures.example:{port}", _ => ["127.0.0.1"]);

        OutboundException notFound = await RefusedAsync(unknown, $"http://pictures.example:{port}/");
        OutboundException refused = await RefusedAsync(dead, $"http://pictures.example:{port}/");

        Assert.Equal((OutboundFault.Unreachable, "has a host that is not found"), (notFound.Fault, notFound.Message));
        Assert.Equal((OutboundFault.Unreachable, "cannot be connected to"), (refused.Fault, refused.Message));
    }

    [Theory]
    [InlineData("file:///etc/passwd", OutboundFault.Invalid)]
    [InlineData("ftp://pictures.example/", OutboundFault.Invalid)]
    [InlineData("gopher://pictures.example/", OutboundFault.Invalid)]
    [InlineData("//pictures.example/", OutboundFault.Invalid)]
    [InlineData("pictures.example", OutboundFault.Invalid)]
    [InlineData("", OutboundFault.Invalid)]
    [InlineData("https:///a.png", OutboundFault.Invalid)]
    [InlineData("https://user:password@pictures.example/", OutboundFault.Invalid)]
    [InlineData("https://pictures.example@evil.example/", OutboundFault.Invalid)]
    [InlineData("https://evil.example/", OutboundFault.Forbidden)]
    [InlineData("https://pictures.example:22/", OutboundFault.Forbidden)]
    [InlineData("http://pictures.example/", OutboundFault.Forbidden)]
    public void Require_AddressAgainstTheRules_IsRefused(string url, object fault)
    {
        using GuardedHttp guarded = Guarded("pictures.example", _ => ["93.184.216.34"], allowHttp: false);

        OutboundException refusal = Assert.Throws<OutboundException>(() => guarded.Require(url));

        Assert.Equal(fault, refusal.Fault);
    }

    [Fact]
    public void Require_HttpWhereEveryHostIsAllowed_StaysRefused()
    {
        using GuardedHttp guarded = Guarded("*", _ => ["93.184.216.34"], allowHttp: true);

        Assert.Throws<OutboundException>(() => guarded.Require("http://pictures.example/"));
        Assert.Equal("pictures.example", guarded.Require("https://pictures.example/").Host);
    }

    [Fact]
    public void Require_ByDefault_RefusesEverything()
    {
        using var guarded = new GuardedHttp(
            new OutboundOptions(),
            (_, _) => throw new InvalidOperationException(),
            _time
        );

        OutboundException refusal = Assert.Throws<OutboundException>(() =>
            guarded.Require("https://pictures.example/")
        );

        Assert.Equal(OutboundFault.Invalid, refusal.Fault);
    }

    private GuardedHttp Guarded(
        string host,
        Func<int, string[]> addresses,
        string[]? networks = null,
        bool allowHttp = true
    ) =>
        new(
            new OutboundOptions
            {
                Enabled = true,
                Hosts = [host],
                AllowHttp = allowHttp,
                PrivateNetworks = networks ?? ["127.0.0.1/32"],
            },
            (_, _) =>
                Task.FromResult(addresses(Interlocked.Increment(ref _resolutions)).Select(IPAddress.Parse).ToArray()),
            _time
        );

    private static async Task<OutboundAnswer> GetAsync(GuardedHttp guarded, string url, int maxBytes = 1_000)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        return await guarded.SendAsync(request, maxBytes, TestEnd);
    }

    private static Task<OutboundException> RefusedAsync(GuardedHttp guarded, string url) =>
        Assert.ThrowsAsync<OutboundException>(() => GetAsync(guarded, url));
}
