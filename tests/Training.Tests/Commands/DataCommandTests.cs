using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Commands;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Tests.Data.Demo;

namespace InstructDiffusion.Training.Tests.Commands;

public sealed class DataCommandTests : IDisposable
{
    private readonly DemoSources _sources = new();
    private readonly StringWriter _console = new();

    public DataCommandTests() => _sources.Build().Run(null, CancellationToken.None);

    public void Dispose()
    {
        _sources.Dispose();
        _console.Dispose();
    }

    [Fact]
    public void Check_AnswersByExitCode()
    {
        Assert.Equal(0, Run("check", _sources.Output));
        File.Delete(Path.Combine(_sources.Output, "objects/owl.png"));

        Assert.Equal(1, Run("check", _sources.Output));

        Assert.Contains("objects/owl.png: missing", _console.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(DemoTask.Removal)]
    [InlineData("caption")]
    public void Preview_WritesASheet(string task)
    {
        string sheet = Path.Combine(_sources.Root, "sheet.png");

        int code = Run("preview", "--data", _sources.Output, "--out", sheet, "--count", "5", "--task", task);

        Assert.Equal(0, code);
        RgbImage image = ImageCodec.Decode(File.ReadAllBytes(sheet), ImageDecodeLimits.Default).Image;
        Assert.Contains((byte)0, image.Pixels.ToArray());
        Assert.True(image.Width > image.Height);
    }

    [Fact]
    public void LicenceList_NamesEveryPhotograph()
    {
        string page = LicenceList.Of(DemoFolder.Open(_sources.Output));

        Assert.All(
            DemoSources.Photographs,
            photograph => Assert.Contains($"| {photograph.Name} |", page, StringComparison.Ordinal)
        );
    }

    private int Run(params string[] args) =>
        DataCommand.Create().Parse(args).Invoke(new System.CommandLine.InvocationConfiguration { Output = _console });
}
