using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Tests.Data;
using InstructDiffusion.Training.Tests.Data.Templates.Rewriting;

namespace InstructDiffusion.Training.Tests.Commands;

/// <summary>check, preview, templates and rewrite, as they are typed.</summary>
public sealed class DataSetCommandTests : IDisposable
{
    private readonly DatasetWorkshop _workshop = new();
    private readonly TempFolder _folder = new();
    private readonly StringWriter _console = new();

    public void Dispose()
    {
        _workshop.Dispose();
        _folder.Dispose();
        _console.Dispose();
    }

    public static TheoryData<string> Kinds => [.. SmallSets.Kinds.Select(DataSourceKinds.NameOf)];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Check_SoundSetOfEveryKind_IsCountedAndDrawn(string kind)
    {
        SmallSets.Lay(_workshop, DataSourceKinds.Find(kind)!.Value);
        string sheet = _folder.Of("sheet.png");

        int code = Run("check", _workshop.Root, "--kind", kind, "--sheet", sheet, "--resolution", "48", "--count", "4");

        Assert.Equal(0, code);
        string said = _console.ToString();
        Assert.Contains($"{kind} {_workshop.Root}: 2 pairs", said, StringComparison.Ordinal);
        Assert.Contains("read 2:", said, StringComparison.Ordinal);
        Assert.Contains(
            "pictures decoded: smallest 96x72, median 96x72, largest 96x72",
            said,
            StringComparison.Ordinal
        );
        AssertDrawn(sheet);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Preview_EveryKind_DrawsPairsWithTheirWords(string kind)
    {
        SmallSets.Lay(_workshop, DataSourceKinds.Find(kind)!.Value);
        string sheet = _folder.Of("preview.png");

        int code = Run("preview", _workshop.Root, "--kind", kind, "--out", sheet, "--resolution", "48", "--count", "3");

        Assert.Equal(0, code);
        AssertDrawn(sheet);
    }

    [Fact]
    public void Check_BrokenFilesAndRejectedEntries_AreToldAndEndWithOne()
    {
        SmallSets.Lay(_workshop, DataSourceKind.Triples);
        _workshop.Write("source/2.jpg", [1, 2, 3]);
        _workshop.Picture("target/3.png", TestImages.Photo(80, 60));

        int code = Run(
            "check",
            _workshop.Root,
            "--kind",
            "triples",
            "--sheet",
            _folder.Of("s.png"),
            "--resolution",
            "48"
        );

        Assert.Equal(1, code);
        string said = _console.ToString();
        Assert.Contains("REJECTED 1: no source of this name, e.g. target/3.png", said, StringComparison.Ordinal);
        Assert.Contains("BROKEN 1:", said, StringComparison.Ordinal);
        Assert.Contains("pair 1: source/2.jpg: The picture is of an unknown format", said, StringComparison.Ordinal);
    }

    [Fact]
    public void Check_Limit_ReadsSoManyEvenlySpread()
    {
        SmallSets.Lay(_workshop, DataSourceKind.WebDataset);

        Assert.Equal(0, Run("check", _workshop.Root, "--kind", "webdataset", "--limit", "1", "--resolution", "48"));

        Assert.Contains("read 1: editing 1", _console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_Recipe_LooksThroughAllItsSets()
    {
        SmallSets.Lay(_workshop, DataSourceKind.GoPro);
        string recipe = _folder.Of("recipe.json");
        File.WriteAllText(
            recipe,
            $$"""
            {"name": "mine", "stage": "task", "model": {"start": "x"},
             "data": {"sources": [{"kind": "gopro", "path": "{{_workshop.Root}}" },
                                  {"kind": "gopro", "path": "{{_workshop.Root}}", "augment": false}] },
             "optimization": {"steps": 1, "batch_size": 1, "micro_batch_size": 1} }
            """
        );

        int code = Run("check", "--recipe", recipe, "--sheet", _folder.Of("s.png"), "--resolution", "48");

        Assert.Equal(0, code);
        Assert.Equal(2, _console.ToString().Split("2 pairs").Length - 1);
        AssertDrawn(_folder.Of("s-1.png"));
        AssertDrawn(_folder.Of("s-2.png"));
    }

    [Fact]
    public void Check_SetThatCannotBeOpened_IsToldAndEndsWithOne()
    {
        Assert.Equal(1, Run("check", _folder.Of("nowhere"), "--kind", "mpii"));

        Assert.Contains("nowhere: CANNOT BE OPENED: ", _console.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Check_Set_ChangesFieldsOfTheSource()
    {
        SmallSets.Lay(_workshop, DataSourceKind.GoPro);
        Directory.Move(Path.Combine(_workshop.Root, "train"), Path.Combine(_workshop.Root, "test"));

        Assert.Equal(
            0,
            Run(
                "check",
                _workshop.Root,
                "--kind",
                "gopro",
                "--split",
                "test",
                "--resolution",
                "48",
                "--set",
                "framing=native"
            )
        );
        Assert.Throws<RecipeException>(() => Run("check", _workshop.Root, "--kind", "gopro", "--set", "colour=blue"));
        Assert.Throws<RecipeException>(() => Run("check", "--kind", "gopro"));
    }

    [Fact]
    public void Templates_WritesThemOut_AndKeepsWhatIsThere()
    {
        string folder = _folder.Of("templates");

        Assert.Equal(0, Run("templates", "--out", folder));
        Assert.Throws<IOException>(() => Run("templates", "--out", folder));
        Assert.Equal(0, Run("templates", "--out", folder, "--force"));

        Assert.All(
            TaskTemplates.Placeholders.Keys,
            task => Assert.Equal(TaskTemplates.Load(task, null).Train, TaskTemplates.Load(task, folder).Train)
        );
    }

    [Fact]
    public async Task Rewrite_ExtendsTheTasksFile()
    {
        await using StubChat chat = await StubChat.StartAsync(_ =>
            StubChat.Say("Quiet this picture", "Make the photo calm")
        );
        string folder = _folder.Of("templates");
        string[] question =
        [
            .. (string[])["rewrite", "--task", "denoise", "--templates", folder, "--endpoint", chat.Address],
            .. (string[])
                ["--model", "tiny", "--count", "2", "--cache", _folder.Of("cache"), "--key-env", "NO_SUCH_VARIABLE"],
        ];

        Assert.Equal(0, await RunAsync([.. question, "--dry-run"]));
        Assert.False(Directory.Exists(folder));
        Assert.Empty(chat.Asked);
        Assert.Contains("(it was not asked)", _console.ToString(), StringComparison.Ordinal);

        Assert.Equal(0, await RunAsync(question));

        InstructionTemplates extended = TaskTemplates.Load("denoise", folder);
        Assert.Equal(12, extended.Train.Count);
        Assert.Equal(["Quiet this picture", "Make the photo calm"], extended.Train.TakeLast(2));
        Assert.Equal(TaskTemplates.Load("denoise", null).HeldOut, extended.HeldOut);
        Assert.Single(chat.Asked);
    }

    private static void AssertDrawn(string sheet)
    {
        RgbImage image = ImageCodec.Decode(File.ReadAllBytes(sheet), ImageDecodeLimits.Default).Image;
        Assert.True(image.Width > image.Height);
        Assert.True(image.Pixels.ContainsAnyExcept((byte)255));
        Assert.True(image.Pixels.Contains((byte)0)); // letters
    }

    private int Run(params string[] args) => RunAsync(args).GetAwaiter().GetResult();

    private Task<int> RunAsync(string[] args) =>
        DataCommand
            .Create()
            .Parse(args)
            .InvokeAsync(
                new System.CommandLine.InvocationConfiguration
                {
                    Output = _console,
                    EnableDefaultExceptionHandler = false,
                }
            );
}
