using System.Security.Cryptography;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Scoring;

/// <summary>A folder with a CLIP, pictures and pairs, and the program to score them with.</summary>
internal sealed class ScoringWorkshop : IDisposable
{
    private readonly StringWriter _errors = new();

    public ScoringWorkshop()
    {
        Clip = TinyClip.Write(Folder);
    }

    public TempFolder Folder { get; } = new();

    public string Clip { get; }

    public string Errors => _errors.ToString();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    /// <summary>Runs a stage to its end.</summary>
    public string Run(IShardStage stage, string name, int shardItems = 2, CancellationToken? cancellationToken = null)
    {
        var line = new ProgressLine(TextWriter.Null, terminal: null, TimeProvider.System, TimeSpan.Zero);
        var options = new StageRunOptions { ShardItems = shardItems, Workers = 2 };
        new StageRun(stage, Folder.Of(name), options).Run(line, cancellationToken ?? Cancel);
        return Folder.Of(name);
    }

    /// <summary>A folder of pictures of two iterations, and of real ones; one of them is broken.</summary>
    public string Pictures(int each = 4)
    {
        foreach (string folder in (string[])["100", "200", "real"])
        {
            Directory.CreateDirectory(Folder.Of("pictures", folder));
            for (int i = 0; i < each; i++)
            {
                RgbImage picture = TestImages.Photo(36, 36, seed: i + folder.Length);
                File.WriteAllBytes(
                    Folder.Of("pictures", folder, $"{i}.png"),
                    ImageCodec.Encode(picture, ImageFileFormat.Png)
                );
            }
        }
        File.WriteAllText(Folder.Of("pictures", "real", "broken.png"), "no picture");
        return Folder.Of("pictures");
    }

    public Task<int> Call(params string[] args) => CommandLine.RunAsync(["score", .. args], _errors, Cancel);

    /// <summary>Every file of a folder with its hash.</summary>
    public IReadOnlyDictionary<string, string> Hashes(string name) =>
        Directory
            .EnumerateFiles(Folder.Of(name))
            .ToDictionary(
                file => Path.GetFileName(file),
                file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))),
                StringComparer.Ordinal
            );

    public void Dispose()
    {
        _errors.Dispose();
        Folder.Dispose();
    }
}
