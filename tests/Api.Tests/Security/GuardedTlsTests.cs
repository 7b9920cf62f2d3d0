using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Tests.Security;

public sealed class GuardedTlsTests
{
    [Fact]
    public async Task Send_OverTls_NamesTheHostAndRefusesAStrangersCertificate()
    {
        using X509Certificate2 certificate = SelfSigned("pictures.example");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        int port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Task<string?> name = ServeAsync(listener, certificate);
        using var guarded = new GuardedHttp(
            new OutboundOptions
            {
                Enabled = true,
                Hosts = [$"pictures.example:{port}"],
                PrivateNetworks = ["127.0.0.0/8"],
            },
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]),
            TimeProvider.System
        );
        using var request = new HttpRequestMessage(HttpMethod.Get, $"https://pictures.example:{port}/");

        var refusal = await Assert.ThrowsAsync<OutboundException>(() =>
            guarded.SendAsync(request, 1_000, TestContext.Current.CancellationToken)
        );

        Assert.Equal("has no valid certificate", refusal.Message);
        Assert.Equal(
            "pictures.example",
            await name.WaitAsync(ApiApplication.Patience, TestContext.Current.CancellationToken)
        );
    }

    /// <summary>Shakes hands with one client; gives the name it asked for.</summary>
    private static async Task<string?> ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        using TcpClient client = await listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await using var tls = new SslStream(client.GetStream());
        string? name = null;
        try
        {
            await tls.AuthenticateAsServerAsync(
                (_, hello, _, _) =>
                {
                    name = hello.ServerName;
                    return ValueTask.FromResult(new SslServerAuthenticationOptions { ServerCertificate = certificate });
                },
                null,
                TestContext.Current.CancellationToken
            );
            await tls.ReadExactlyAsync(new byte[1], TestContext.Current.CancellationToken);
        }
        catch (Exception error) when (error is IOException or AuthenticationException)
        {
            // The client has hung up on the certificate.
        }
        return name;
    }

    private static X509Certificate2 SelfSigned(string host)
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest($"CN={host}", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
