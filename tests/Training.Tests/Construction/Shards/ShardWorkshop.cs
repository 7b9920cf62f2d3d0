using System.Security.Cryptography;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Construction.Shards;

/// <summary>Folders of shards, and what they hold.</summary>
internal sealed class ShardWorkshop : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly StringWriter _said = new();

    public string Of(params string[] parts) => _folder.Of(parts);

    public StageSummary Run(
        IShardStage stage,
        string folder,
        ShardSlice? slice = null,
        int shardItems = 8,
        int workers = 2,
        CancellationToken cancellationToken = default
    )
    {
        var options = new StageRunOptions
        {
            ShardItems = shardItems,
            Slice = slice ?? ShardSlice.All,
            Workers = workers,
        };
        var line = new ProgressLine(_said, terminal: null, TimeProvider.System, TimeSpan.Zero);
        return new StageRun(stage, Of(folder), options).Run(line, cancellationToken);
    }

    /// <summary>Everything that progress has said.</summary>
    public string Said => _said.ToString();

    /// <summary>Every file of a folder with its hash, so that folders can be compared.</summary>
    public IReadOnlyDictionary<string, string> Hashes(string folder) =>
        Directory
            .EnumerateFiles(Of(folder))
            .ToDictionary(
                file => Path.GetFileName(file),
                file => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file))),
                StringComparer.Ordinal
            );

    public void Dispose()
    {
        _said.Dispose();
        _folder.Dispose();
    }
}
