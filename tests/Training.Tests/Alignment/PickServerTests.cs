using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Alignment.Page;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class PickServerTests : IAsyncLifetime
{
    private readonly AlignmentWorkshop _workshop = new();
    private PickServer _server = null!;
    private HttpClient _client = null!;

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        _workshop.Paint();
        _server = await PickServer.StartAsync(new PickSession(_workshop.Folder, limit: 3), port: 0, Cancel);
        _client = new HttpClient { BaseAddress = _server.Address };
    }

    public async ValueTask DisposeAsync()
    {
        _client.Dispose();
        await _server.DisposeAsync();
        _workshop.Dispose();
    }

    [Theory]
    [InlineData("/", "text/html; charset=utf-8", "Pick the good edits")]
    [InlineData("/page.js", "text/javascript; charset=utf-8", "addEventListener")]
    [InlineData("/server.js", "text/javascript; charset=utf-8", "fetch")]
    [InlineData("/page.css", "text/css; charset=utf-8", "color-scheme")]
    public async Task Get_Page_NamesNothingElsewhere(string address, string type, string part)
    {
        using HttpResponseMessage answer = await _client.GetAsync(address, Cancel);

        string text = await answer.Content.ReadAsStringAsync(Cancel);
        Assert.Equal(type, answer.Content.Headers.ContentType!.ToString());
        Assert.Contains(part, text, StringComparison.Ordinal);
        Assert.DoesNotContain("//", text.Replace("// ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.StartsWith("default-src 'none'", Header(answer, "Content-Security-Policy"), StringComparison.Ordinal);
        Assert.Equal("nosniff", Header(answer, "X-Content-Type-Options"));
        Assert.Equal("same-origin", Header(answer, "Cross-Origin-Resource-Policy"));
    }

    [Fact]
    public void Address_IsThisMachineAlone() => Assert.Equal("127.0.0.1", _server.Address.Host);

    [Fact]
    public async Task Answers_AreKept_CountedAndChanged()
    {
        using HttpResponseMessage first = await PutAsync("item-1", """{"chosen": ["02.png", "00.png"]}""");
        using HttpResponseMessage second = await PutAsync("item-0", """{"chosen": []}""");
        using HttpResponseMessage changed = await PutAsync("item-1", """{"chosen": ["01.png"]}""");

        Assert.All([first, second, changed], answer => Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode));
        JsonElement state = await _client.GetFromJsonAsync<JsonElement>("/state?annotator=Anna", Cancel);
        Assert.Equal(3, state.GetProperty("limit").GetInt32());
        Assert.Equal(
            ["item-0 []", "item-1 [\"01.png\"]", "item-2 null"],
            state
                .GetProperty("items")
                .EnumerateArray()
                .Select(item =>
                    $"{item.GetProperty("id").GetString()} "
                    + (item.TryGetProperty("chosen", out JsonElement chosen) ? Compact(chosen) : "null")
                )
        );
        Assert.Equal(2, AnswerBook.Open(_workshop.Folder, Picker.Person("Anna")).Given.Count);
    }

    [Fact]
    public async Task Annotators_DoNotSeeEachOthersAnswers()
    {
        using HttpResponseMessage _ = await PutAsync("item-1", """{"chosen": []}""");

        string state = await _client.GetStringAsync("/state?annotator=Bob", Cancel);

        Assert.DoesNotContain("chosen", state, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Item_ShowsEveryCandidateInAStableShuffledOrder_WithoutItsScales()
    {
        JsonElement item = await _client.GetFromJsonAsync<JsonElement>("/items/item-1", Cancel);

        string[] files = [.. item.GetProperty("files").EnumerateArray().Select(file => file.GetString()!)];
        Assert.Equal(files, PickSession.Shuffled(_workshop.Folder.ReadItem("item-1")));
        Assert.Equal(["00.png", "01.png", "02.png", "03.png"], files.Order(StringComparer.Ordinal));
        Assert.False(item.TryGetProperty("s_T", out JsonElement _));
    }

    [Fact]
    public void Shuffled_DiffersFromItemToItem() =>
        Assert.NotEqual(
            string.Join(' ', PickSession.Shuffled(ManyCandidates("a"))),
            string.Join(' ', PickSession.Shuffled(ManyCandidates("b")))
        );

    [Theory]
    [InlineData("source.png", HttpStatusCode.OK)]
    [InlineData("03.png", HttpStatusCode.OK)]
    [InlineData("04.png", HttpStatusCode.NotFound)]
    [InlineData("target.png", HttpStatusCode.NotFound)]
    [InlineData("item.json", HttpStatusCode.NotFound)]
    [InlineData("..%2F..%2Fitems.json", HttpStatusCode.NotFound)]
    public async Task Picture_OnlyThoseOfTheItem(string file, HttpStatusCode status)
    {
        using HttpResponseMessage answer = await _client.GetAsync($"/pictures/item-0/{file}", Cancel);

        Assert.Equal(status, answer.StatusCode);
    }

    [Theory]
    [InlineData("item-0", """{"chosen": ["00.png", "01.png", "02.png", "03.png"]}""", 400, "at most 3")]
    [InlineData("item-0", """{"chosen": ["00.png", "00.png"]}""", 400, "different pictures")]
    [InlineData("item-0", """{"chosen": ["source.png"]}""", 400, "no such candidate")]
    [InlineData("item-0", """{"chosen": [null]}""", 400, "no such candidate")]
    [InlineData("item-0", """{"picked": []}""", 400, "picked")]
    [InlineData("item-0", """{"chosen": null}""", 400, "chosen")]
    [InlineData("item-0", "null", 400, "expected an object")]
    [InlineData("item-9", """{"chosen": []}""", 404, "no item")]
    [InlineData("..", """{"chosen": []}""", 404, "")]
    public async Task Put_WrongAnswer_IsRefusedAndNotKept(string item, string body, int status, string message)
    {
        using HttpResponseMessage answer = await PutAsync(item, body);

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Contains(message, await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
        Assert.False(File.Exists(Picker.Person("Anna").FileIn(_workshop.Folder)));
    }

    [Theory]
    [InlineData("Host", "evil.example:80")]
    [InlineData("Origin", "https://evil.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    public async Task Put_OfAnotherSite_IsForbidden(string header, string value)
    {
        using HttpResponseMessage answer = await PutAsync("item-0", """{"chosen": []}""", (header, value));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.False(File.Exists(Picker.Person("Anna").FileIn(_workshop.Folder)));
    }

    [Fact]
    public async Task Put_OfThePageItself_IsTaken()
    {
        string origin = _server.Address.GetLeftPart(UriPartial.Authority);

        using HttpResponseMessage answer = await PutAsync(
            "item-0",
            """{"chosen": []}""",
            ("Origin", origin),
            ("Sec-Fetch-Site", "same-origin")
        );

        Assert.Equal(HttpStatusCode.NoContent, answer.StatusCode);
    }

    [Fact]
    public async Task Get_UnderAnotherName_IsForbidden()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/state?annotator=Anna");
        request.Headers.Host = "rebound.example";

        using HttpResponseMessage answer = await _client.SendAsync(request, Cancel);

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task Put_PlainText_IsRefused()
    {
        using var content = new StringContent("""{"chosen": []}""");

        using HttpResponseMessage answer = await _client.PutAsync(
            "/items/item-0/answer?annotator=Anna",
            content,
            Cancel
        );

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
    }

    [Fact]
    public async Task Put_LargeBody_IsRefused()
    {
        using HttpResponseMessage answer = await PutAsync("item-0", new string(' ', 100_000));

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("?annotator=")]
    [InlineData("?annotator=%00")]
    public async Task Get_StateOfNobody_IsRefused(string query)
    {
        using HttpResponseMessage answer = await _client.GetAsync($"/state{query}", Cancel);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Get_Export_IsWhatAlignExportWrites()
    {
        using HttpResponseMessage _ = await PutAsync("item-1", """{"chosen": ["01.png"]}""");

        using HttpResponseMessage answer = await _client.GetAsync("/picks.json", Cancel);

        Picks picks = AlignmentJson.Read<Picks>("picks.json", await answer.Content.ReadAsByteArrayAsync(Cancel));
        Assert.Equal("picks.json", answer.Content.Headers.ContentDisposition!.FileName);
        Assert.Equal("candidates/item-1/01.png", picks.Items.Single().Chosen.Single().File);
    }

    [Fact]
    public async Task Get_DamagedFolder_SaysWhatIsWrong()
    {
        await File.WriteAllTextAsync(Path.Combine(_workshop.Folder.Path, "items.json"), "{", Cancel);

        using HttpResponseMessage answer = await _client.GetAsync("/state?annotator=Anna", Cancel);

        Assert.Equal(HttpStatusCode.InternalServerError, answer.StatusCode);
        Assert.Contains("items.json", await answer.Content.ReadAsStringAsync(Cancel), StringComparison.Ordinal);
    }

    private async Task<HttpResponseMessage> PutAsync(
        string item,
        string body,
        params (string Name, string Value)[] headers
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Put, $"/items/{item}/answer?annotator=Anna")
        {
            Content = new StringContent(body, new System.Net.Http.Headers.MediaTypeHeaderValue("application/json")),
        };
        foreach ((string name, string value) in headers)
        {
            request.Headers.Add(name, value);
        }
        return await _client.SendAsync(request, Cancel);
    }

    private static string Compact(JsonElement element) => JsonSerializer.Serialize(element);

    private static string Header(HttpResponseMessage answer, string name) => answer.Headers.GetValues(name).Single();

    private static CandidateItem ManyCandidates(string id) =>
        new()
        {
            Id = id,
            Instruction = "do",
            Task = "edit",
            HasTarget = false,
            Candidates =
            [
                .. Enumerable
                    .Range(0, 20)
                    .Select(i => new Candidate
                    {
                        File = $"{i:D2}.png",
                        TextScale = 1,
                        ImageScale = 1,
                        Seed = 0,
                    }),
            ],
        };
}
