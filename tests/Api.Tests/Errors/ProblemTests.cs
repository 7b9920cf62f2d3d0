using System.Text.Json;
using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Tests.Errors;

public sealed class ProblemTests : IAsyncLifetime
{
    private readonly ApiApplication _app = new();
    private HttpClient _client = null!;

    private static CancellationToken TestEnd => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => _client = await _app.StartAsync();

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _app.DisposeAsync();
    }

    [Fact]
    public void All_Codes_AreUnique()
    {
        Assert.Equal(ProblemKind.All.Count, ProblemKind.All.DistinctBy(kind => kind.Code).Count());
    }

    [Fact]
    public async Task Type_OfEveryProblem_LeadsToItsExplanation()
    {
        foreach (ProblemKind kind in ProblemKind.All)
        {
            using HttpResponseMessage response = await _client.GetAsync(kind.Type, TestEnd);
            JsonElement explanation = await response.JsonAsync();
            Assert.Equal(kind.Code, explanation.GetProperty("code").GetString());
            Assert.Equal(kind.Status, explanation.GetProperty("status").GetInt32());
        }
    }

    [Theory]
    [InlineData("/v1/nothing")]
    [InlineData("/problems/unknown")]
    public async Task Get_UnknownAddress_IsAProblemEvenForAPictureClient(string path)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path).Accepting("image/png");

        using HttpResponseMessage response = await _client.SendAsync(request, TestEnd);

        await response.ProblemAsync(404, "not_found");
    }

    [Fact]
    public async Task Delete_OfAPostRoute_NamesTheMethodsAllowed()
    {
        using HttpResponseMessage response = await _client.DeleteAsync("/v1/edits", TestEnd);

        await response.ProblemAsync(405, "method_not_allowed");
        Assert.Equal(["POST"], response.Content.Headers.Allow);
    }
}
