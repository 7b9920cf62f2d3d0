using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class DemoDataBuildTests : IDisposable
{
    private readonly DemoSources _sources = new();

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void Run_GivesTheSameFolderFromTheSamePackages()
    {
        DemoManifest first = _sources.Build().Run(null, CancellationToken.None);
        DemoManifest second = _sources.Build(Path.Combine(_sources.Root, "again")).Run(null, CancellationToken.None);

        Assert.Equal(first.Files, second.Files);
        Assert.Equal(first.Fingerprint, second.Fingerprint);
        Assert.Equal((4, 7, 4), (first.Nouns, first.Glyphs, first.Photographs));
    }

    [Fact]
    public void Run_MeasuresTheObjects()
    {
        DemoGlyph disc = _sources.Open().Nouns[0].Glyphs[0];

        Assert.Equal((4, 4, 56, 56), (disc.Left, disc.Top, disc.Width, disc.Height));
        Assert.Equal("dc2828", disc.Mean);
    }

    [Fact]
    public void Run_ShrinksPhotographsAndKeepsSmallOnes()
    {
        DemoFolder folder = _sources.Open();

        Assert.Equal((457, 384), (folder.Photographs[0].Width, folder.Photographs[0].Height));
        Assert.Equal((200, 160), (folder.Photographs[3].Width, folder.Photographs[3].Height));
        Assert.All(folder.Photographs, photograph => Assert.Equal(8 * 8 * 6, photograph.Tones.Length));
    }

    [Fact]
    public void Run_AfterABreak_GoesOnToTheSameFolder()
    {
        using var stop = new CancellationTokenSource();
        var stopping = new Stopping(stop, after: 5);

        Assert.Throws<OperationCanceledException>(() => _sources.Build().Run(stopping, stop.Token));
        DemoManifest resumed = _sources.Build().Run(null, CancellationToken.None);

        DemoManifest straight = _sources.Build(Path.Combine(_sources.Root, "again")).Run(null, CancellationToken.None);
        Assert.Equal(straight.Fingerprint, resumed.Fingerprint);
        Assert.Empty(DemoDataCheck.FaultsOf(_sources.Output));
    }

    [Fact]
    public void Run_WithoutAPicture_NamesIt()
    {
        File.Delete(Path.Combine(_sources.Sources, "emoji-datasource-google/img/google/64/owl.png"));

        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            _sources.Build().Run(null, CancellationToken.None)
        );

        Assert.Contains("owl.png", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_KeepsPhrasingsThatWereEdited()
    {
        _sources.Open();
        string path = Path.Combine(_sources.Output, "templates/removal.json");
        const string Edited = """{"train": ["away with the {object}"], "held_out": ["no {object}"]}""";
        File.WriteAllText(path, Edited);

        _sources.Build().Run(null, CancellationToken.None);

        Assert.Equal(Edited, File.ReadAllText(path));
    }

    [Fact]
    public void Check_FindsDamagedAndMissingFiles()
    {
        _sources.Open();
        string damaged = Path.Combine(_sources.Output, "objects/owl.png");
        File.WriteAllBytes(damaged, File.ReadAllBytes(damaged)[..40]);
        File.Delete(Path.Combine(_sources.Output, "photographs/first.jpg"));

        IReadOnlyList<string> faults = DemoDataCheck.FaultsOf(_sources.Output);

        Assert.Contains(faults, fault => fault.StartsWith("objects/owl.png: SHA-256", StringComparison.Ordinal));
        Assert.Contains("photographs/first.jpg: missing", faults);
    }

    [Fact]
    public void Open_OfAnotherVersion_IsRefused()
    {
        _sources.Open();
        string path = Path.Combine(_sources.Output, DemoManifest.FileName);
        File.WriteAllText(
            path,
            File.ReadAllText(path).Replace("\"version\": 1", "\"version\": 2", StringComparison.Ordinal)
        );

        Assert.Throws<InvalidDataException>(() => DemoFolder.Open(_sources.Output));
    }

    private sealed class Stopping(CancellationTokenSource source, int after) : IProgress<DemoBuildProgress>
    {
        public void Report(DemoBuildProgress value)
        {
            if (value.Done == after)
            {
                source.Cancel();
            }
        }
    }
}
