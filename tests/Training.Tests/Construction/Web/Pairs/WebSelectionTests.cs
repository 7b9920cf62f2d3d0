using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pairs;
using InstructDiffusion.Training.Construction.Web.Pictures;

namespace InstructDiffusion.Training.Tests.Construction.Web.Pairs;

public sealed class WebSelectionTests : IDisposable
{
    private static readonly PairOptions _options = new() { LeastSide = 48 };
    private static readonly DateTimeOffset _time = new(2026, 3, 1, 0, 0, 0, TimeSpan.Zero);

    private readonly TempFolder _folder = new();
    private readonly WebCache _cache;

    public WebSelectionTests() => _cache = WebCache.Take(_folder.Of("cache"));

    public void Dispose()
    {
        _cache.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public void Of_PairsThatFit_AreKept()
    {
        RgbImage scene = Scenes.Of(1);
        Lay("a.png", scene);
        Lay("b.png", Scenes.Edited(scene, 20, 20, 30, 250));

        SelectedRequest selected = Assert.Single(Select(Request("a.png", "b.png")));

        Assert.Null(selected.Source.Rejection);
        Assert.Null(Assert.Single(selected.Results).Rejection);
    }

    public static TheoryData<string, RgbImage> OtherResults =>
        new()
        {
            { "result is another picture", Scenes.Of(30) },
            { "result has another shape", Scenes.Of(1, 96, 96) },
            { "result is too small", Scenes.Of(1, 40, 30) },
            { "result is the source", Scenes.Of(1) },
        };

    [Theory]
    [MemberData(nameof(OtherResults))]
    public void Of_ResultThatDoesNotFit_IsRejected(string reason, RgbImage result)
    {
        Lay("a.png", Scenes.Of(1));
        Lay("b.png", result);

        SelectedRequest selected = Assert.Single(Select(Request("a.png", "b.png")));

        Assert.Equal(reason, Assert.Single(selected.Results).Rejection?.Reason);
    }

    [Fact]
    public void Of_ResultOfAnotherSizeAndTheSameShape_IsKept()
    {
        RgbImage scene = Scenes.Of(1, 192, 144);
        Lay("a.png", scene);
        Lay(
            "b.png",
            ImageResizer.Resize(Scenes.Edited(scene, 40, 40, 60, 250), new ImageSize(97, 72), ResizeFilter.Lanczos3)
        );

        Assert.Null(Select(Request("a.png", "b.png"))[0].Results[0].Rejection);
    }

    [Fact]
    public void Of_NearDuplicates_AreKeptOnce()
    {
        RgbImage scene = Scenes.Of(1, 160, 120);
        RgbImage edited = Scenes.Edited(scene, 20, 20, 60, 250);
        Lay("a.png", scene);
        Lay("a-small.png", ImageResizer.Resize(scene, new ImageSize(120, 90), ResizeFilter.Lanczos3));
        Lay("b.png", edited);
        Lay("b-poor.png", ImageCodec.Decode(TestImageFiles.Jpeg(edited, quality: 40), ImageDecodeLimits.Default).Image);
        Lay("other.png", Scenes.Of(40, 160, 120));
        Lay("c.png", Scenes.Edited(scene, 60, 40, 60, 0));

        IReadOnlyList<SelectedRequest> selected = Select(
            Request("a.png", "b.png", "b-poor.png"),
            Request("a-small.png", "c.png"),
            Request("other.png", "b.png")
        );

        Assert.Equal("result is a near-duplicate of another", selected[0].Results[1].Rejection?.Reason);
        Assert.Equal("source is a near-duplicate of another's", selected[1].Source.Rejection?.Reason);
        Assert.Contains("posts/a.png", selected[1].Source.Rejection!.Detail, StringComparison.Ordinal);
        Assert.Equal("result is another picture", selected[2].Results[0].Rejection?.Reason);
    }

    [Fact]
    public void Of_SourceWithoutAResultThatIsKept_StandsInNobodysWay()
    {
        RgbImage scene = Scenes.Of(1);
        Lay("a.png", scene);
        Lay("a2.png", ImageResizer.Resize(scene, new ImageSize(120, 90), ResizeFilter.Lanczos3));
        Lay("b.png", Scenes.Edited(scene, 20, 20, 30, 250));

        IReadOnlyList<SelectedRequest> selected = Select(Request("a.png", "missing.png"), Request("a2.png", "b.png"));

        Assert.Equal("result was not fetched", selected[0].Results[0].Rejection?.Reason);
        Assert.Null(selected[1].Source.Rejection);
        Assert.Null(selected[1].Results[0].Rejection);
    }

    [Fact]
    public void Of_PicturesThatWereRefused_AreRejectedWithThatReason()
    {
        Lay("b.png", Scenes.Of(2));
        _cache.Keep(Address("a.png"), Record("a.png") with { Refused = "answered 404" }, body: null);

        IReadOnlyList<SelectedRequest> selected = Select(
            Request("a.png", "b.png"),
            Request("file:///etc/passwd", "b.png")
        );

        Assert.Equal("source answered 404", selected[0].Source.Rejection?.Reason);
        Assert.Equal("source was not fetched", selected[1].Source.Rejection?.Reason);
    }

    [Fact]
    public void Fingerprint_IsThatOfThePicturesAlone()
    {
        Lay("a.png", Scenes.Of(1));
        Lay("b.png", Scenes.Of(2));
        WebRequest[] requests = [Request("a.png", "b.png")];
        string first = WebSelection.Of(requests, _cache, _options).Fingerprint;

        Assert.Equal(first, WebSelection.Of(requests, _cache, _options).Fingerprint);
        Lay("b.png", Scenes.Of(3));
        Assert.NotEqual(first, WebSelection.Of(requests, _cache, _options).Fingerprint);
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(6, true)]
    public void IsThere_Change_IsToldFromCompression(int side, bool isThere)
    {
        RgbImage scene = Scenes.Of(5, 160, 120);
        RgbImage result = side == 0 ? scene : Scenes.Edited(scene, 30, 30, side, 255);
        RgbImage poor = ImageCodec.Decode(TestImageFiles.Jpeg(result, quality: 60), ImageDecodeLimits.Default).Image;

        Assert.Equal(isThere, PairContrast.IsThere(scene, poor));
    }

    private IReadOnlyList<SelectedRequest> Select(params WebRequest[] requests) =>
        WebSelection.Of(requests, _cache, _options).Requests;

    private void Lay(string name, RgbImage picture)
    {
        byte[] file = Scenes.Png(picture);
        WebRecord record = Record(name) with { Sha256 = WebCache.HashOf(file), Picture = PictureNote.Of(picture) };
        _cache.Keep(Address(name), record, file);
    }

    private static WebRecord Record(string name) =>
        new()
        {
            Url = Address(name).AbsoluteUri,
            FinalUrl = Address(name).AbsoluteUri,
            FetchedAt = _time,
            Status = 200,
        };

    private static Uri Address(string name) => new($"http://pics.test/{name}");

    private static WebRequest Request(string source, params string[] results) =>
        new()
        {
            Id = $"posts/{source}",
            Permalink = "http://forum.test/1",
            Instruction = "Remove the man",
            Title = "remove the man",
            Source = Picture(source),
            Results = [.. results.Select(Picture)],
        };

    private static WebPicture Picture(string name) =>
        new()
        {
            Url = name.Contains(':', StringComparison.Ordinal) ? name : Address(name).AbsoluteUri,
            Permalink = "http://forum.test/1",
            Licence = "CC0-1.0",
        };
}
