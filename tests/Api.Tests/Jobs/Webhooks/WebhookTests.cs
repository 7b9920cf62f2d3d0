using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Api.Tests.Security;
using InstructDiffusion.Outbound;
using InstructDiffusion.TestSupport;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Api.Tests.Jobs.Webhooks;

public sealed class WebhookTests : IDisposable
{
    private const string Secret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

    private readonly TempFolder _folder = new();
    private readonly ConcurrentQueue<Report> _reports = new();
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));

    // What the receiver answers, one status a report; 200 when there are no more.
    private readonly ConcurrentQueue<int> _answers = new();

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task JobEnds_WithAWebhook_IsReportedSigned()
    {
        await using PictureHost receiver = await PictureHost.StartAsync(ReceiveAsync);
        await using ApiApplication app = Server(receiver);
        using HttpClient client = await app.StartAsync();

        string id = await client.CreateAsync(("webhook", Address(receiver)));
        await ApiApplication.Until(() => !_reports.IsEmpty);
        Report report = _reports.Single();

        byte[] key = Convert.FromBase64String(Secret["whsec_".Length..]);
        byte[] signed = Encoding.UTF8.GetBytes($"{report.Id}.{report.Timestamp}.{report.Body}");
        Assert.Equal($"v1,{Convert.ToBase64String(HMACSHA256.HashData(key, signed))}", report.Signature);
        Assert.Equal(_time.GetUtcNow().ToUnixTimeSeconds().ToString(), report.Timestamp);
        using JsonDocument body = JsonDocument.Parse(report.Body);
        Assert.Equal("job.succeeded", body.RootElement.GetProperty("type").GetString());
        JsonElement job = body.RootElement.GetProperty("data");
        Assert.Equal(id, job.GetProperty("id").GetString());
        Assert.Equal("succeeded", job.GetProperty("status").GetString());
        Assert.Equal(
            $"/v1/jobs/{id}/results/0",
            job.GetProperty("result").GetProperty("files")[0].GetProperty("href").GetString()
        );
        await ApiApplication.Until(() => Logged(app, "delivered, 200"));
    }

    [Fact]
    public async Task Receiver_FailsTwice_IsTriedThriceWithTheSameIdAndGrowingWaits()
    {
        _answers.Enqueue(500);
        _answers.Enqueue(503);
        await using PictureHost receiver = await PictureHost.StartAsync(ReceiveAsync);
        await using ApiApplication app = Server(receiver);
        using HttpClient client = await app.StartAsync();
        await client.CreateAsync(("webhook", Address(receiver)));

        await ApiApplication.Until(() =>
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            return Logged(app, "attempt 3, delivered, 200");
        });
        long[] times = [.. _reports.Select(report => long.Parse(report.Timestamp))];

        Assert.Equal(3, times.Length);
        Assert.True(times[1] - times[0] >= 5, string.Join(' ', times));
        Assert.True(times[2] - times[1] >= 20, string.Join(' ', times));
        Assert.Single(_reports.Select(report => report.Id).Distinct());
        Assert.Single(_reports.Select(report => report.Body).Distinct());
        Assert.Equal(3, _reports.Select(report => report.Signature).Distinct().Count());
    }

    [Theory]
    [InlineData("500 500 500", "attempt 3, given up, answered 500", 3)]
    [InlineData("410", "attempt 1, given up, 410", 1)]
    [InlineData("302", "attempt 1, answered 302", 1)] // redirects are answers, and not followed
    public async Task Receiver_KeepsFailingOrWantsNoMore_IsLeftAlone(string answers, string outcome, int reports)
    {
        foreach (string answer in answers.Split(' '))
        {
            _answers.Enqueue(int.Parse(answer));
        }
        await using PictureHost receiver = await PictureHost.StartAsync(ReceiveAsync);
        await using ApiApplication app = Server(receiver);
        using HttpClient client = await app.StartAsync();
        string id = await client.CreateAsync(("webhook", Address(receiver)));

        await ApiApplication.Until(() =>
        {
            if (_reports.Count < reports)
            {
                _time.Advance(TimeSpan.FromSeconds(1));
            }
            return Logged(app, outcome);
        });

        Assert.Equal(reports, _reports.Count);
        Assert.Equal("succeeded", await client.StatusAsync(id));
    }

    [Fact]
    public async Task Server_StopsBeforeTheReportGotThrough_ReportsAfterItsRestart()
    {
        _answers.Enqueue(500);
        await using PictureHost receiver = await PictureHost.StartAsync(ReceiveAsync);
        ApiApplication first = Server(receiver);
        using HttpClient client = await first.StartAsync();
        string id = await client.CreateAsync(("webhook", Address(receiver)));
        await ApiApplication.Until(() => Logged(first, "attempt 1, answered 500"));
        await first.DisposeAsync();

        _time.Advance(TimeSpan.FromSeconds(5));
        await using ApiApplication second = Server(receiver);
        using HttpClient next = await second.StartAsync();
        await ApiApplication.Until(() => Logged(second, "attempt 2, delivered"));

        Assert.All(_reports, report => Assert.Equal($"job_{id}", report.Id));
        Assert.Equal(2, _reports.Count);
    }

    [Theory]
    [InlineData("no")]
    [InlineData("failed")]
    [InlineData("cancelled")]
    public async Task JobEnds_Otherwise_IsReportedAsItEnded(string end)
    {
        await using PictureHost receiver = await PictureHost.StartAsync(ReceiveAsync);
        await using ApiApplication app = Server(receiver);
        using HttpClient client = await app.StartAsync();
        if (end == "no")
        {
            await client.EndAsync(await client.CreateAsync());
        }
        app.Pipeline.OnFinish = _ => throw new Engine.Editing.NonFiniteImageException("It gave NaN.");
        app.Pipeline.Permits = new SemaphoreSlim(0);
        string id = await client.CreateAsync(("webhook", Address(receiver)));
        if (end == "cancelled")
        {
            using HttpResponseMessage deleted = await client.DeleteAsync($"/v1/jobs/{id}", TestEnd);
        }
        app.Pipeline.Permits.Release(1_000);
        await ApiApplication.Until(() => !_reports.IsEmpty);

        using JsonDocument body = JsonDocument.Parse(Assert.Single(_reports).Body);
        Assert.Equal(
            end == "cancelled" ? "job.cancelled" : "job.failed",
            body.RootElement.GetProperty("type").GetString()
        );
    }

    [Theory]
    [InlineData("https://other.example/", 403, "forbidden_url")]
    [InlineData("https://hooks.example:444/", 403, "forbidden_url")]
    [InlineData("http://169.254.169.254/latest/meta-data", 403, "forbidden_url")]
    [InlineData("http://hooks.example/", 403, "forbidden_url")]
    [InlineData("https://user:password@hooks.example/", 422, "invalid_parameter")]
    [InlineData("file:///etc/passwd", 422, "invalid_parameter")]
    [InlineData("hooks.example", 422, "invalid_parameter")]
    public async Task Post_WebhookThatMayNotBeCalled_IsRefused(string address, int status, string code)
    {
        await using ApiApplication app = Server("hooks.example", allowHttp: false);
        using HttpClient client = await app.StartAsync();
        using HttpRequestMessage request = JobRequests.Good(("webhook", address));

        using HttpResponseMessage response = await client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(status, code);
        Assert.Equal("webhook", problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Receiver_LeadsToAPrivateNetworkByThen_IsNotCalled()
    {
        await using PictureHost inside = await PictureHost.StartAsync(ReceiveAsync);
        await using ApiApplication app = Server($"hooks.example:{inside.Port}", networks: false);
        using HttpClient client = await app.StartAsync();

        string id = await client.CreateAsync(("webhook", $"http://hooks.example:{inside.Port}/"));
        await ApiApplication.Until(() => Logged(app, "attempt 1, given up, does not lead to the public internet"));

        Assert.Empty(_reports);
        Assert.Equal("succeeded", (await client.EndAsync(id)).GetProperty("status").GetString());
    }

    [Theory]
    [InlineData(null)]
    [InlineData("secret")]
    [InlineData("whsec_c2hvcnQ=")]
    public async Task Start_WebhooksWithoutASecret_IsRefused(string? secret)
    {
        await using ApiApplication app = Server("hooks.example", secret: secret);

        var error = await Assert.ThrowsAnyAsync<OptionsValidationException>(app.StartUnreadyAsync);

        Assert.Contains("Jobs:WebhookSecret", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(secret ?? "whsec_M", error.Message, StringComparison.Ordinal);
    }

    private ApiApplication Server(PictureHost receiver) => Server($"hooks.example:{receiver.Port}");

    private ApiApplication Server(string host, bool allowHttp = true, bool networks = true, string? secret = Secret)
    {
        var app = new ApiApplication
        {
            DataFolder = _folder.Path,
            Time = _time,
            Adapted = services =>
                services.Replace(
                    ServiceDescriptor.Singleton<ResolveHost>(
                        (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback])
                    )
                ),
            Settings =
            {
                ["Security:Webhooks:Enabled"] = "true",
                ["Security:Webhooks:Hosts:0"] = host,
                ["Security:Webhooks:AllowHttp"] = allowHttp ? "true" : "false",
            },
        };
        if (networks)
        {
            app.Settings["Security:Webhooks:PrivateNetworks:0"] = "127.0.0.0/8";
        }
        if (secret is not null)
        {
            app.Settings["Jobs:WebhookSecret"] = secret;
        }
        return app;
    }

    private async Task ReceiveAsync(HttpContext http)
    {
        using var reader = new StreamReader(http.Request.Body);
        _reports.Enqueue(
            new Report(
                http.Request.Headers["webhook-id"].ToString(),
                http.Request.Headers["webhook-timestamp"].ToString(),
                http.Request.Headers["webhook-signature"].ToString(),
                await reader.ReadToEndAsync(TestEnd)
            )
        );
        http.Response.StatusCode = _answers.TryDequeue(out int status) ? status : 200;
        http.Response.Headers.Location = "http://127.0.0.1/elsewhere";
    }

    private static string Address(PictureHost receiver) => $"http://hooks.example:{receiver.Port}/done?job=1";

    private static bool Logged(ApiApplication app, string text) =>
        app.Logs.Lines.Any(line => line.Contains(text, StringComparison.Ordinal));

    /// <summary>What came.</summary>
    private sealed record Report(string Id, string Timestamp, string Signature, string Body);
}
