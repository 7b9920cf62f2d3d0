using System.Net;
using System.Text.Json;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Tests.Edits;

public sealed class FieldNamesTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
    private readonly List<EditRequest> _seen = [];
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _client = await _app.StartAsync();
        _app.Pipeline.OnPrepare = _seen.Add;
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public void All_Names_BelongToOneFieldEach()
    {
        string[] names = [.. EditField.All.SelectMany(field => field.Aliases.Prepend(field.Name))];

        Assert.Equal(names.Length, names.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("guidance_scale")]
    [InlineData("text_scale")]
    public async Task Post_OtherNames_MeanTheSame(string textScale)
    {
        using HttpRequestMessage request = EditRequests.Form(
            Pictures.Png(Pictures.Gradient()),
            ("prompt", "make it winter"),
            ("negative_prompt", "blurry"),
            ("num_inference_steps", "4"),
            (textScale, "3.5"),
            ("image_scale", "1.5")
        );

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        EditRequest edit = Assert.Single(_seen);
        Assert.Equal(
            ("make it winter", "blurry", 4, 3.5, 1.5),
            (edit.Instruction, edit.NegativeInstruction, edit.Steps, edit.TextGuidanceScale, edit.ImageGuidanceScale)
        );
    }

    [Theory]
    [InlineData("prompt", "a", "prompt")]
    [InlineData("num_inference_steps", "5", "num_inference_steps")]
    public async Task Post_NameAndItsAlias_IsOneFieldGivenTwice(string alias, string value, string param)
    {
        using HttpRequestMessage request = EditRequests.Good(("steps", "5"), (alias, value));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(400, "duplicate_field");
        Assert.Equal(param, problem.GetProperty("param").GetString());
    }

    [Fact]
    public async Task Post_BadValueUnderAnAlias_IsNamedAsItWasSent()
    {
        using HttpRequestMessage request = EditRequests.Good(("num_inference_steps", "0"));

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        JsonElement problem = await response.ProblemAsync(422, "invalid_parameter");
        Assert.Equal("num_inference_steps", problem.GetProperty("param").GetString());
    }
}
