using System.Text;
using System.Text.Json;

namespace InstructDiffusion.Api.Tests.Vision;

/// <summary>Requests to the vision routes as clients send them.</summary>
internal static class VisionRequests
{
    public static HttpRequestMessage Form(string task, byte[]? image, params (string Name, string Value)[] fields)
    {
        HttpRequestMessage request = EditRequests.Form(image, fields);
        request.RequestUri = AddressOf(task);
        return request;
    }

    public static HttpRequestMessage Json(string task, object body) =>
        new(HttpMethod.Post, AddressOf(task))
        {
            Content = new StringContent(JsonSerializer.Serialize(body), Encoding.UTF8, "application/json"),
        };

    private static Uri AddressOf(string task) => new($"/v1/vision/{task}", UriKind.Relative);
}
