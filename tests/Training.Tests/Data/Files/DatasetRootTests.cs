using System.Runtime.InteropServices;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Tests.Data.Files;

public sealed class DatasetRootTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _set;

    public DatasetRootTests()
    {
        _set = _folder.Of("set");
        Directory.CreateDirectory(Path.Combine(_set, "images"));
        File.WriteAllBytes(Path.Combine(_set, "images", "a.png"), [1, 2, 3]);
        File.WriteAllBytes(_folder.Of("secret.png"), [4]);
    }

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_FileInside_GivesItsBytes() =>
        Assert.Equal([1, 2, 3], new DatasetRoot(_set).Read("images//a.png", 10));

    [Theory]
    [InlineData("../secret.png")]
    [InlineData("images/../../secret.png")]
    [InlineData("/etc/passwd")]
    [InlineData("images\\..\\..\\secret.png")]
    [InlineData("")]
    [InlineData("a\0b")]
    public void Read_NameThatLeavesTheFolder_IsRefused(string name)
    {
        var root = new DatasetRoot(_set);

        Assert.Throws<BrokenSampleException>(() => root.Read(name, 10));
        Assert.False(root.HasFile(name));
    }

    [Fact]
    public void Read_LinkOutOfTheFolder_IsRefusedUnlessTrusted()
    {
        File.CreateSymbolicLink(Path.Combine(_set, "link.png"), _folder.Of("secret.png"));
        Directory.CreateSymbolicLink(Path.Combine(_set, "up"), _folder.Path);

        var thrown = Assert.Throws<BrokenSampleException>(() => new DatasetRoot(_set).Read("link.png", 10));

        Assert.Contains("a link leads out of", thrown.Message, StringComparison.Ordinal);
        Assert.Throws<BrokenSampleException>(() => new DatasetRoot(_set).Read("up/secret.png", 10));
        Assert.Equal([4], new DatasetRoot(_set, followsLinks: true).Read("up/secret.png", 10));
    }

    [Fact]
    public void Read_LinkThatStaysInside_IsFollowed()
    {
        Directory.CreateSymbolicLink(Path.Combine(_set, "pictures"), Path.Combine(_set, "images"));
        Directory.CreateSymbolicLink(_folder.Of("entrance"), _set);

        Assert.Equal([1, 2, 3], new DatasetRoot(_set).Read("pictures/a.png", 10));
        Assert.Equal([1, 2, 3], new DatasetRoot(_folder.Of("entrance")).Read("images/a.png", 10));
    }

    [Fact]
    public void Read_LinksInACircle_AreRefused()
    {
        File.CreateSymbolicLink(Path.Combine(_set, "one"), Path.Combine(_set, "two"));
        File.CreateSymbolicLink(Path.Combine(_set, "two"), Path.Combine(_set, "one"));

        Assert.Throws<BrokenSampleException>(() => new DatasetRoot(_set).Read("one", 10));
    }

    [Fact]
    public void Read_TooLargeEmptyOrMissing_IsRefused()
    {
        File.WriteAllBytes(Path.Combine(_set, "empty.png"), []);
        var root = new DatasetRoot(_set);

        Assert.Contains("3 bytes, allowed: 1…2", Refusal("images/a.png", 2), StringComparison.Ordinal);
        Assert.Contains("0 bytes", Refusal("empty.png", 2), StringComparison.Ordinal);
        Assert.Contains("not found", Refusal("b.png", 2), StringComparison.Ordinal);

        string Refusal(string name, long most) =>
            Assert.Throws<BrokenSampleException>(() => root.Read(name, most)).Message;
    }

    [Fact]
    public void Read_Pipe_IsRefusedAndNotWaitedFor()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "pipes are made by a call of Linux");
        Assert.Equal(0, mkfifo(Path.Combine(_set, "pipe.png"), 438));
        var root = new DatasetRoot(_set);

        Assert.Throws<BrokenSampleException>(() => root.Read("pipe.png", 10));
        Assert.Throws<DatasetException>(() => root.Required("pipe.png"));
    }

    [Fact]
    public void Refusal_OfANameWithControlCharacters_ShowsNone()
    {
        var thrown = Assert.Throws<BrokenSampleException>(() => new DatasetRoot(_set).Read("\e[2Jx.png", 10));

        Assert.DoesNotContain(thrown.Message, char.IsControl);
        Assert.Contains("?[2Jx.png", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void FilesIn_ListsByEnding_InOrdinalOrder()
    {
        File.WriteAllBytes(Path.Combine(_set, "images", "B.JPG"), [1]);
        Directory.CreateDirectory(Path.Combine(_set, "images", "deep"));
        File.WriteAllBytes(Path.Combine(_set, "images", "deep", "c.png"), [1]);
        File.WriteAllBytes(Path.Combine(_set, "images", "notes.txt"), [1]);

        Assert.Equal(["B.JPG", "a.png", "deep/c.png"], new DatasetRoot(_set).FilesIn("images", ".png", ".jpg"));
    }

    [DllImport("libc", SetLastError = true)]
#pragma warning disable SYSLIB1054, CA2101 // A test's one call.
    private static extern int mkfifo([MarshalAs(UnmanagedType.LPUTF8Str)] string path, uint mode);
#pragma warning restore SYSLIB1054, CA2101

    [Fact]
    public void Constructor_MissingFolder_IsNamed() =>
        Assert.Contains(
            "there is no such folder",
            Assert.Throws<DatasetException>(() => new DatasetRoot(_folder.Of("nowhere"))).Message,
            StringComparison.Ordinal
        );
}
