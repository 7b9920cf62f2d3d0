using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data.Demo;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class QtResourceFileTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _path;

    public QtResourceFileTests() => _path = _folder.Of("file");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_GivesTheEntrysBytes()
    {
        byte[] body = [1, 2, 3, 250];
        File.WriteAllBytes(_path, QtResourceBytes.With("a/b/picture.webp", body));

        Assert.Equal(body, QtResourceFile.Read(_path, "a/b/picture.webp"));
    }

    [Theory]
    [InlineData("a/b/other.webp")]
    [InlineData("a/b")]
    [InlineData("a/b/picture.webp/deeper")]
    public void Read_WithoutSuchAnEntry_NamesIt(string entry)
    {
        File.WriteAllBytes(_path, QtResourceBytes.With("a/b/picture.webp", [1]));

        InvalidDataException error = Assert.Throws<InvalidDataException>(() => QtResourceFile.Read(_path, entry));

        Assert.Contains(entry, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_OfADamagedFile_SaysSo()
    {
        byte[] whole = QtResourceBytes.With("a/b/picture.webp", [1, 2, 3]);
        for (int length = 0; length < whole.Length; length++)
        {
            File.WriteAllBytes(_path, whole[..length]);

            Assert.Throws<InvalidDataException>(() => QtResourceFile.Read(_path, "a/b/picture.webp"));
        }
    }
}
