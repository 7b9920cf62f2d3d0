using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Edits;

/// <summary>The two routes that edit a picture, for tests of what holds on both.</summary>
public sealed record EditRoute(string Path, string Prompt)
{
    public static readonly EditRoute Native = new("/v1/edits", "instruction");
    public static readonly EditRoute OpenAi = new("/v1/images/edits", "prompt");

    public bool IsNative => this == Native;

    /// <summary>A form with this picture, a prompt, and more.</summary>
    public HttpRequestMessage Form(byte[]? image, params (string Name, string Value)[] fields)
    {
        MultipartFormDataContent form = NewForm(image, fields);
        form.Add(new StringContent("make it winter"), Prompt);
        return Post(form);
    }

    /// <summary>A form with a prompt, a small picture, and more.</summary>
    public HttpRequestMessage Good(params (string Name, string Value)[] fields) =>
        Form(Pictures.Png(Pictures.Gradient()), fields);

    /// <summary>A form with this prompt.</summary>
    public HttpRequestMessage Prompted(string prompt) =>
        Post(NewForm(Pictures.Png(Pictures.Gradient()), [(Prompt, prompt)]));

    /// <summary>A form without a prompt.</summary>
    public HttpRequestMessage Unprompted() => Post(NewForm(Pictures.Png(Pictures.Gradient()), []));

    /// <summary>A form with a mask.</summary>
    public HttpRequestMessage Masked(byte[] image, byte[] mask)
    {
        HttpRequestMessage request = Form(image);
        ((MultipartFormDataContent)request.Content!).Add(new ByteArrayContent(mask), "mask", "mask.png");
        return request;
    }

    /// <summary>JSON with a small picture, a prompt, and more members.</summary>
    public HttpRequestMessage Json(string prompt, string more = "")
    {
        string base64 = Convert.ToBase64String(Pictures.Png(Pictures.Gradient()));
        string picture = IsNative
            ? $"\"image\": \"{base64}\""
            : $$"""
                "images": [{"image_url": "data:image/png;base64,{{base64}}"}]
                """;
        return Raw($$"""{{{picture}}, "{{Prompt}}": "{{prompt}}"{{more}}}""", "application/json");
    }

    public HttpRequestMessage Raw(string body, string? contentType) => Raw(Encoding.UTF8.GetBytes(body), contentType);

    public HttpRequestMessage Raw(byte[] body, string? contentType)
    {
        var content = new ByteArrayContent(body);
        content.Headers.ContentType = contentType is null ? null : MediaTypeHeaderValue.Parse(contentType);
        return Post(content);
    }

    public HttpRequestMessage Post(HttpContent content) => new(HttpMethod.Post, Path) { Content = content };

    /// <summary>The picture of a good answer.</summary>
    public async Task<byte[]> PictureAsync(HttpResponseMessage response)
    {
        if (IsNative)
        {
            return await response.Content.ReadAsByteArrayAsync(TestContext.Current.CancellationToken);
        }
        JsonElement answer = await response.JsonAsync();
        return answer.GetProperty("data")[0].GetProperty("b64_json").GetBytesFromBase64();
    }

    public override string ToString() => Path;

    private static MultipartFormDataContent NewForm(byte[]? image, IEnumerable<(string Name, string Value)> fields)
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
        return form;
    }
}
