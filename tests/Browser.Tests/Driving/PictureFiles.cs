using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Browser.Tests.Driving;

/// <summary>Picture files on the disk, for choosing.</summary>
internal sealed class PictureFiles : IDisposable
{
    private readonly TempFolder _folder = new();

    public string Folder => _folder.Path;

    /// <summary>A small photograph.</summary>
    public string Photo(string name = "photo.png", int width = 96, int height = 64) =>
        Write(name, ImageCodec.Encode(TestImages.Photo(width, height), ImageFileFormat.Png));

    public string Write(string name, byte[] content)
    {
        string path = _folder.Of(name);
        File.WriteAllBytes(path, content);
        return path;
    }

    public void Dispose() => _folder.Dispose();
}
