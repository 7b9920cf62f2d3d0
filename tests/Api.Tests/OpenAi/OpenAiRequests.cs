using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests.OpenAi;

/// <summary>Requests to POST /v1/images/edits as OpenAI's clients send them.</summary>
internal static class OpenAiRequests
{
    public const string Address = "/v1/images/edits";

    /// <summary>A form with these files and texts.</summary>
    public static HttpRequestMessage Form(
        IEnumerable<(string Name, byte[] File)> files,
        params (string Name, string Value)[] fields
    )
    {
        var form = new MultipartFormDataContent();
        foreach ((string name, byte[] file) in files)
        {
            var content = new ByteArrayContent(file);
            content.Headers.ContentType = new MediaTypeHeaderValue("image/png");
            form.Add(content, name, "picture.png");
        }
        foreach ((string name, string value) in fields)
        {
            form.Add(new StringContent(value), name);
        }
        return Post(form);
    }

    /// <summary>A request that works, with more fields.</summary>
    public static HttpRequestMessage Good(params (string Name, string Value)[] fields) =>
        Form([("image", Pictures.Png(Pictures.Gradient()))], [("prompt", "make it winter"), .. fields]);

    public static HttpRequestMessage Json(object body) => JsonText(JsonSerializer.Serialize(body));

    public static HttpRequestMessage JsonText(string body) =>
        Post(new StringContent(body, Encoding.UTF8, "application/json"));

    public static HttpRequestMessage Post(HttpContent? content) => new(HttpMethod.Post, Address) { Content = content };

    /// <summary>A picture as OpenAI's JSON holds it.</summary>
    public static object Reference(byte[] file) =>
        new { image_url = "data:image/png;base64," + Convert.ToBase64String(file) };

    /// <summary>Checks that the answer is a whole error of OpenAI's form with this status and code, and gives it.</summary>
    public static async Task<JsonElement> ErrorAsync(this HttpResponseMessage response, int status, string code)
    {
        string body = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True((int)response.StatusCode == status, $"{(int)response.StatusCode} {body}");
        Assert.Equal("application/json", response.Content.Headers.ContentType?.MediaType);
        JsonElement answer = await response.JsonAsync();
        JsonElement error = Assert.Single(answer.EnumerateObject(), member => member.NameEquals("error")).Value;
        Assert.Equal(["message", "type", "param", "code"], error.EnumerateObject().Select(member => member.Name));
        Assert.Equal(code, error.GetProperty("code").GetString());
        Assert.NotEqual("", error.GetProperty("message").GetString());
        string type =
            status == 429 ? "rate_limit_error"
            : status >= 500 ? "server_error"
            : "invalid_request_error";
        Assert.Equal(type, error.GetProperty("type").GetString());
        Assert.NotEmpty(response.Headers.GetValues("x-request-id"));
        return error;
    }
}
