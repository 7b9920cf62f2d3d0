using System.Net.Sockets;
using System.Text;

namespace InstructDiffusion.Api.Tests;

/// <summary>HTTP by hand, for requests that no well-behaved client sends.</summary>
internal static class RawHttp
{
    /// <summary>Sends the text and reads the head and the first part of the body of the answer.</summary>
    public static async Task<string> SendAsync(Uri server, string request)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(ApiApplication.Patience);
        using var client = new TcpClient();
        await client.ConnectAsync(server.Host, server.Port, patience.Token);
        NetworkStream stream = client.GetStream();
        // The server may answer, and stop listening, before everything is sent.
        Task sending = stream.WriteAsync(Encoding.UTF8.GetBytes(request), patience.Token).AsTask();
        var answer = new StringBuilder();
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await stream.ReadAsync(buffer, patience.Token)) > 0)
        {
            answer.Append(Encoding.UTF8.GetString(buffer, 0, read));
            string text = answer.ToString();
            if (
                text.EndsWith("0\r\n\r\n", StringComparison.Ordinal)
                || text.Contains("Content-Length: 0", StringComparison.Ordinal)
            )
            {
                break;
            }
        }
        await Task.WhenAny(sending, Task.Delay(TimeSpan.FromSeconds(1), patience.Token));
        return answer.ToString();
    }
}
