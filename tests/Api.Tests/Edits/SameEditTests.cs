using System.Net;
using InstructDiffusion.Api.Tests.Jobs;
using InstructDiffusion.Api.Tests.OpenAi;

namespace InstructDiffusion.Api.Tests.Edits;

/// <summary>The same request gives the same bytes, whichever way it comes.</summary>
public sealed class SameEditTests
{
    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Post_TheSameByEveryRoute_GivesTheSameBytes()
    {
        // Nothing is remembered: each of them is made.
        await using var app = new ApiApplication
        {
            Settings = { ["Cache:ResultMegabytes"] = "0", ["Cache:Coalesce"] = "false" },
        };
        using HttpClient client = await app.StartAsync();
        byte[] picture = Pictures.Png(Pictures.Gradient(48, 32));
        byte[] mask = Masks.Transparent(48, 32, (x, _) => x > 20);
        string base64 = Convert.ToBase64String(picture);
        string maskBase64 = Convert.ToBase64String(mask);
        HttpRequestMessage openAiForm = OpenAiRequests.Form(
            [("image[]", picture), ("mask", mask)],
            ("prompt", "make it winter"),
            ("seed", "7"),
            ("steps", "4"),
            ("text_scale", "3"),
            ("response_format", "b64_json")
        );
        HttpRequestMessage openAiJson = OpenAiRequests.Json(
            new
            {
                prompt = "make it winter",
                images = new[] { OpenAiRequests.Reference(picture) },
                mask = OpenAiRequests.Reference(mask),
                seed = 7,
                steps = 4,
                text_scale = 3,
                size = "auto",
            }
        );
        HttpRequestMessage nativeForm = EditRequests.Form(
            picture,
            ("instruction", "make it winter"),
            ("seed", "7"),
            ("num_inference_steps", "4"),
            ("guidance_scale", "3")
        );
        ((MultipartFormDataContent)nativeForm.Content!).Add(new ByteArrayContent(mask), "mask", "mask.png");
        HttpRequestMessage nativeJson = EditRequests.Json(
            new
            {
                instruction = "make it winter",
                image = base64,
                mask = maskBase64,
                seed = 7,
                steps = 4,
                text_guidance_scale = 3,
            }
        );

        List<byte[]> pictures = [];
        foreach (HttpRequestMessage request in (HttpRequestMessage[])[openAiForm, openAiJson, nativeForm, nativeJson])
        {
            using HttpResponseMessage response = await client.SendAsync(request, TestEnd);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            EditRoute route = request.RequestUri!.AbsolutePath is "/v1/edits" ? EditRoute.Native : EditRoute.OpenAi;
            pictures.Add(await route.PictureAsync(response));
            request.Dispose();
        }

        using (
            HttpRequestMessage job = JobRequests.Form(
                picture,
                ("type", "edit"),
                ("instruction", "make it winter"),
                ("seed", "7"),
                ("steps", "4"),
                ("text_guidance_scale", "3")
            )
        )
        {
            ((MultipartFormDataContent)job.Content!).Add(new ByteArrayContent(mask), "mask", "mask.png");
            using HttpResponseMessage accepted = await client.SendAsync(job, TestEnd);
            string id = (await accepted.JsonAsync()).GetProperty("id").GetString()!;
            await client.EndAsync(id);
            pictures.Add(await client.ResultAsync(id));
        }

        Assert.Equal(6, app.Pipeline.Prepared); // with the warm-up
        Assert.All(pictures, file => Assert.Equal(pictures[0], file));
    }
}
