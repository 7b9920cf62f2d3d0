using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests;

/// <summary>Requests to POST /v1/edits as clients send them.</summary>
internal static class EditRequests
{
    public static HttpRequestMessage Form(byte[]? image, params (string Name, string Value)[] fields)
    {
        var form = new MultipartFormDataContent();
        if (image is not null)
        {
            form.Add(new ByteArrayContent(image), "image", "picture.png");
        }
        foreach ((string name, string value) in fields)
        {
            form.Add(new StringContent(value), name);
        }
        return Post(form);
    }

    /// <summary>A request that works, with more fields.</summary>
    public static HttpRequestMessage Good(params (string Name, string Value)[] fields) =>
        Form(Pictures.Png(Pictures.Gradient()), [("instruction", "make it winter"), .. fields]);

    public static HttpRequestMessage Json(object body) => JsonText(JsonSerializer.Serialize(body));

    public static HttpRequestMessage JsonText(string body) =>
        Post(new StringContent(body, Encoding.UTF8, "application/json"));

    public static HttpRequestMessage Post(HttpContent? content) =>
        new(HttpMethod.Post, "/v1/edits") { Content = content };

    public static HttpRequestMessage Accepting(this HttpRequestMessage request, string accept)
    {
        request.Headers.TryAddWithoutValidation("Accept", accept);
        return request;
    }

    public static HttpRequestMessage WithType(this HttpRequestMessage request, string? contentType)
    {
        request.Content!.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        return request;
    }
}
