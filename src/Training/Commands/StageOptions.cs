using System.CommandLine;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Commands;

/// <summary>What every stage that writes shards is told on the command line.</summary>
internal sealed class StageOptions
{
    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(30);

    private readonly Option<string> _output = new("--out", "-o")
    {
        Description = "Folder for the shards; one that was begun is gone on with.",
        HelpName = "folder",
        Required = true,
    };

    private readonly Option<ShardSlice> _slice = new("--shard")
    {
        Description = "Which part of the work this machine does, e.g. 2/8. All machines may share one folder.",
        HelpName = "i/n",
        DefaultValueFactory = _ => ShardSlice.All,
        CustomParser = result =>
        {
            string text = result.Tokens[0].Value;
            if (!ShardSlice.TryParse(text, out ShardSlice slice))
            {
                result.AddError($"--shard: expected a part like 1/4, from 1/4 to 4/4, got '{text}'");
            }
            return slice;
        },
    };

    private readonly Option<int> _shardItems = new("--shard-items")
    {
        Description = "Items of a shard: what an interruption costs at most.",
        HelpName = "count",
        DefaultValueFactory = _ => 100,
    };

    private readonly Option<int> _workers;

    /// <param name="workers">Items at a time when not told: the processors, or 1 for a stage whose model uses them all.</param>
    public StageOptions(int workers)
    {
        _workers = new Option<int>("--workers")
        {
            Description = "Items at a time.",
            HelpName = "count",
            DefaultValueFactory = _ => workers,
        };
        DataOptions.RequireAtLeast(1, _shardItems, _workers);
    }

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_output);
        command.Add(_slice);
        command.Add(_shardItems);
        command.Add(_workers);
    }

    /// <summary>Where the shards go.</summary>
    public string Folder(ParseResult parse) => parse.GetRequiredValue(_output);

    /// <summary>Runs a stage and prints what its folder then holds.</summary>
    /// <returns>The exit code.</returns>
    public int Run(ParseResult parse, IShardStage stage, CancellationToken stop)
    {
        var options = new StageRunOptions
        {
            Slice = parse.GetValue(_slice),
            ShardItems = parse.GetValue(_shardItems),
            Workers = parse.GetValue(_workers),
        };
        StageSummary summary = new StageRun(stage, parse.GetRequiredValue(_output), options).Run(
            ProgressLine.OfProcess(_plainInterval),
            stop
        );
        parse.InvocationConfiguration.Output.Write(summary);
        return 0;
    }
}
