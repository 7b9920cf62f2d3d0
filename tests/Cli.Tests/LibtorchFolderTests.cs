using System.Diagnostics;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Native;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Cli.Tests;

/// <summary>libtorch from a folder of the user's choice, in processes of their own: a process loads it once.</summary>
public sealed class LibtorchFolderTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("libtorch");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Edit_LibtorchInAnotherFolder_GivesTheSamePicture()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the variable is for Linux");
        foreach (string library in Directory.EnumerateFiles(AppContext.BaseDirectory, "lib*.so*"))
        {
            File.CreateSymbolicLink(Path.Combine(_folder.FullName, Path.GetFileName(library)), library);
        }

        (int plainStatus, _, string plain) = await EditAsync(null);
        (int status, string error, string picture) = await EditAsync(_folder.FullName);

        Assert.Equal((0, 0), (plainStatus, status));
        Assert.DoesNotContain("error", error, StringComparison.Ordinal);
        Assert.Equal(File.ReadAllBytes(plain), File.ReadAllBytes(picture));
    }

    [Fact]
    public async Task Edit_FolderWithoutLibtorch_SaysSo()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the variable is for Linux");

        (int status, string error, _) = await EditAsync(_folder.FullName);

        Assert.Equal(1, status);
        Assert.Contains(
            $"{Libtorch.FolderVariable}={_folder.FullName} has no libtorch_cpu.so",
            error,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public async Task Edit_FolderWithADamagedLibrary_GivesTheLoadersReason()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "the variable is for Linux");
        await File.WriteAllTextAsync(
            Path.Combine(_folder.FullName, "libtorch_cpu.so"),
            "not a library",
            TestContext.Current.CancellationToken
        );

        (int status, string error, _) = await EditAsync(_folder.FullName);

        Assert.Equal(1, status);
        Assert.Contains("libtorch cannot be loaded", error, StringComparison.Ordinal);
        Assert.Contains("libtorch_cpu.so", error, StringComparison.Ordinal);
    }

    private async Task<(int Status, string Error, string Picture)> EditAsync(string? libtorch)
    {
        string input = Path.Combine(_folder.FullName, "input.png");
        string output = Path.Combine(_folder.FullName, $"{Guid.NewGuid():N}.png");
        await File.WriteAllBytesAsync(input, ImageCodec.Encode(TestImages.Photo(64, 64), ImageFileFormat.Png));
        var start = new ProcessStartInfo("dotnet")
        {
            ArgumentList =
            {
                Path.Combine(AppContext.BaseDirectory, "InstructDiffusion.Cli.dll"),
                "edit",
                "--model",
                RepositoryRoot.Of("models", "reference"),
                "--input",
                input,
                "--instruction",
                "turn the sky red",
                "--size",
                "64x64",
                "--steps",
                "2",
                "--seed",
                "1",
                "--output",
                output,
            },
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        start.Environment.Remove(Libtorch.FolderVariable);
        if (libtorch is not null)
        {
            start.Environment[Libtorch.FolderVariable] = libtorch;
        }
        using Process process = Process.Start(start)!;
        Task<string> standard = process.StandardOutput.ReadToEndAsync();
        string error = await process.StandardError.ReadToEndAsync();
        await standard;
        await process.WaitForExitAsync();
        return (process.ExitCode, error, output);
    }
}
