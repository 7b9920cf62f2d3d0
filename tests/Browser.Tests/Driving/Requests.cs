using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using Microsoft.Extensions.DependencyInjection;

namespace InstructDiffusion.Browser.Tests.Driving;

/// <summary>What other clients of the server do meanwhile.</summary>
internal static class Requests
{
    /// <summary>An edit that works.</summary>
    public static HttpRequestMessage Edit(string instruction)
    {
        byte[] picture = ImageCodec.Encode(TestImages.Photo(16, 16), ImageFileFormat.Png);
        return new HttpRequestMessage(HttpMethod.Post, "/v1/edits")
        {
            Content = new MultipartFormDataContent
            {
                { new ByteArrayContent(picture), "image", "picture.png" },
                { new StringContent(instruction), "instruction" },
            },
        };
    }

    /// <summary>Edits that wait for a place in the batch.</summary>
    public static int Waiting(this IServiceProvider services) => services.GetRequiredService<EditQueue>().Count;
}
