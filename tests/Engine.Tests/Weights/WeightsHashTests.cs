using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Engine.Tests.Weights;

public sealed class WeightsHashTests
{
    [Fact]
    public void Compute_OneFile_IsItsSha256()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m.safetensors", "abc"u8);

        // FIPS 180-2, appendix B.1.
        Assert.Equal(
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            WeightsHash.Compute([new WeightFile("m.safetensors", [path])])
        );
    }

    [Fact]
    public void Compute_PartsOfAFile_AreTheFile()
    {
        using var folder = new TempFolder();
        string[] parts = [folder.Write("m_aa", "a"u8), folder.Write("m_ab", "bc"u8)];

        Assert.Equal(
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
            WeightsHash.Compute([new WeightFile("m", parts)])
        );
    }

    [Fact]
    public void Compute_SeveralFiles_IsTheHashOfTheListThatSha256sumPrints()
    {
        using var folder = new TempFolder();
        string unet = folder.Write("u", "abc"u8);
        string vae = folder.Write("v", ""u8);

        string hash = WeightsHash.Compute([
            new WeightFile("vae/m.safetensors", [vae]),
            new WeightFile("unet/m.safetensors", [unet]),
        ]);

        const string list =
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  unet/m.safetensors\n"
            + "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  vae/m.safetensors\n";
        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(list))), hash);
    }

    [Fact]
    public void Compute_NoFile_IsRefused() => Assert.Throws<ArgumentException>(() => WeightsHash.Compute([]));

    [Fact]
    public void Compute_Cancelled_Stops()
    {
        using var folder = new TempFolder();
        string path = folder.Write("m", "abc"u8);

        Assert.Throws<OperationCanceledException>(() =>
            WeightsHash.Compute([new WeightFile("m", [path])], new CancellationToken(canceled: true))
        );
    }

    [Fact]
    public void Load_ReferenceModel_NamesItsFiles()
    {
        using var model = ModelLoader.Load(new ModelLoadOptions { Path = ModelLoader.ReferenceModelPath });

        IReadOnlyList<WeightFile> files = model.Description.WeightFiles;

        Assert.Equal(
            ["text_encoder", "unet", "vae"],
            files.Select(file => file.Name.Split('/')[0]).Order(StringComparer.Ordinal)
        );
        Assert.All(files, file => Assert.True(File.Exists(Assert.Single(file.Paths))));
        Assert.Equal(64, WeightsHash.Compute(files).Length);
    }
}
