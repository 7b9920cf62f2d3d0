using System.Net;
using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Tests.Editors;

/// <summary>Stands for a server with the model "demo": takes a form apart and answers as a test says.</summary>
internal sealed class ScriptedServer : HttpMessageHandler
{
    private readonly Func<HttpResponseMessage> _answer;
    private readonly HttpClient _client;

    public ScriptedServer(Func<HttpResponseMessage> answer)
    {
        _answer = answer;
        _client = new HttpClient(this, disposeHandler: false) { BaseAddress = new Uri("http://here/") };
        Editor = new HttpEditor(_client, "demo");
    }

    public HttpEditor Editor { get; }

    public Uri? Address { get; private set; }

    public string? Accept { get; private set; }

    public byte[]? Image { get; private set; }

    public Dictionary<string, string> Fields { get; } = new(StringComparer.Ordinal);

    public static HttpResponseMessage Picture(RgbImage picture, string model) =>
        Bytes(ImageCodec.Encode(picture, ImageFileFormat.Png), model);

    public static HttpResponseMessage Bytes(byte[] content, string model) =>
        new(HttpStatusCode.OK) { Content = new ByteArrayContent(content), Headers = { { "X-Model", model } } };

    public static HttpResponseMessage Problem(HttpStatusCode status, string body) =>
        new(status) { Content = new StringContent(body, Encoding.UTF8, "application/problem+json") };

    protected override HttpResponseMessage Send(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        Address = request.RequestUri;
        Accept = request.Headers.Accept.ToString();
        foreach (HttpContent part in (MultipartFormDataContent)request.Content!)
        {
            string name = part.Headers.ContentDisposition!.Name!.Trim('"');
            using var bytes = new MemoryStream();
            part.CopyTo(bytes, context: null, cancellationToken);
            if (string.Equals(name, "image", StringComparison.Ordinal))
            {
                Image = bytes.ToArray();
            }
            else
            {
                Fields.Add(name, Encoding.UTF8.GetString(bytes.ToArray()));
            }
        }
        return _answer();
    }

    protected override Task<HttpResponseMessage> SendAsync(
        HttpRequestMessage request,
        CancellationToken cancellationToken
    ) => throw new NotSupportedException("the editor is synchronous");

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _client.Dispose();
        }
        base.Dispose(disposing);
    }
}
