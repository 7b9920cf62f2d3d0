using System.Globalization;
using System.Text;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Tests.Construction.Shards;

public sealed class StageRunTests : IDisposable
{
    private readonly ShardWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Run_Stage_WritesEverySampleAndCountsWhatItRejects()
    {
        StageSummary summary = _workshop.Run(new NumbersStage(30), "whole");

        Assert.Equal(4, summary.Complete);
        Assert.Equal(27, summary.Kept[PairKinds.Region]); // 30 without six, three of them twice
        Assert.Equal(3, summary.Rejected["ends in three"]);
        Assert.Equal(3, summary.Rejected["cannot be read"]);
        ShardSet set = ShardSet.Open(_workshop.Of("whole"));
        Assert.Equal(27, set.Count);
        Assert.Equal("numbers-00000005-b", set[4].Id);
        Assert.StartsWith("5-b: ", Encoding.UTF8.GetString(set.Read(4, "txt")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(7)]
    [InlineData(8)]
    [InlineData(17)]
    [InlineData(29)]
    public void Run_AgainAfterAnInterruption_GivesTheSameBytes(long interruptedAt)
    {
        _workshop.Run(new NumbersStage(30), "whole");
        using var stop = new CancellationTokenSource();
        var interrupted = new NumbersStage(30)
        {
            Before = item =>
            {
                if (item == interruptedAt)
                {
                    stop.Cancel();
                }
            },
        };

        Assert.ThrowsAny<OperationCanceledException>(() =>
            _workshop.Run(interrupted, "resumed", cancellationToken: stop.Token)
        );
        _workshop.Run(new NumbersStage(30), "resumed", workers: 1);

        Assert.Equal(_workshop.Hashes("whole"), _workshop.Hashes("resumed"));
    }

    [Fact]
    public void Run_AgainAfterAKilledProcess_GivesTheSameBytes()
    {
        _workshop.Run(new NumbersStage(30), "whole");
        _workshop.Run(new NumbersStage(30), "killed");
        // What a process leaves that ends while it writes, and between its two renames.
        string[] files = [.. Directory.EnumerateFiles(_workshop.Of("killed"))];
        File.Delete(_workshop.Of("killed", "000001.tar"));
        File.WriteAllText(_workshop.Of("killed", "000001.tar.part"), new string('x', 100_000));
        File.Move(_workshop.Of("killed", "000002.tar"), _workshop.Of("killed", "000002.tar.part"));
        File.Delete(_workshop.Of("killed", "000002.jsonl"));
        File.WriteAllText(_workshop.Of("killed", "000002.jsonl.part"), "{");

        _workshop.Run(new NumbersStage(30), "killed");

        Assert.Equal(_workshop.Hashes("whole"), _workshop.Hashes("killed"));
        Assert.Equal(files.Length, Directory.GetFiles(_workshop.Of("killed")).Length);
    }

    [Fact]
    public void Run_FinishedFolder_MakesNothingAgain()
    {
        _workshop.Run(new NumbersStage(30), "whole");
        var stage = new NumbersStage(30) { Before = item => Assert.Fail($"item {item} is made again") };

        StageSummary summary = _workshop.Run(stage, "whole");

        Assert.Equal(4, summary.Complete);
    }

    [Fact]
    public void Run_SlicesOfSeveralMachines_MakeTheWholeTogether()
    {
        _workshop.Run(new NumbersStage(45), "whole");

        StageSummary first = _workshop.Run(new NumbersStage(45), "shared", new ShardSlice(2, 3));
        StageSummary second = _workshop.Run(new NumbersStage(45), "shared", new ShardSlice(1, 3));
        Assert.Throws<DatasetException>(() => ShardSet.Open(_workshop.Of("shared")));
        StageSummary third = _workshop.Run(new NumbersStage(45), "shared", new ShardSlice(3, 3));

        Assert.Equal([2, 4, 6], [first.Complete, second.Complete, third.Complete]);
        Assert.Equal(_workshop.Hashes("whole"), _workshop.Hashes("shared"));
    }

    [Fact]
    public void Run_AnotherStagesFolder_IsRefusedAndNamesTheDifference()
    {
        _workshop.Run(new NumbersStage(30), "whole");

        var refused = Assert.Throws<DatasetException>(() => _workshop.Run(new NumbersStage(30, seed: 2), "whole"));

        Assert.Contains(
            "seed: the shards here were made with 1, now it is 2",
            refused.Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Run_FailingStage_IsThrownOnAndLeavesNoPartOfAShard()
    {
        var stage = new NumbersStage(30)
        {
            Before = item =>
            {
                if (item == 12)
                {
                    throw new InvalidOperationException("broken stage");
                }
            },
        };

        Assert.Throws<InvalidOperationException>(() => _workshop.Run(stage, "failed"));

        string[] names = [.. Directory.EnumerateFiles(_workshop.Of("failed")).Select(file => Path.GetFileName(file))];
        Assert.Equal(["000000.jsonl", "000000.tar", "stage.json"], names.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Run_ShardThatAnotherProcessWrites_IsRefused()
    {
        Directory.CreateDirectory(_workshop.Of("busy"));
        using var other = new ShardWriter(new ShardFile(_workshop.Of("busy"), 0));

        var refused = Assert.Throws<DatasetException>(() => _workshop.Run(new NumbersStage(3), "busy"));

        Assert.Contains("another process", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_Progress_TellsRateAndTimeLeft()
    {
        _workshop.Run(new NumbersStage(30), "whole");

        Assert.Contains("numbers: 30 of 30 items (100.0 %)", _workshop.Said, StringComparison.Ordinal);
        Assert.Contains("/s, ", _workshop.Said, StringComparison.Ordinal);
        Assert.Contains(" left", _workshop.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1/1", 1, 1)]
    [InlineData("2/8", 2, 8)]
    [InlineData("0/4", 0, 0)]
    [InlineData("5/4", 0, 0)]
    [InlineData("-1/4", 0, 0)]
    [InlineData("1/", 0, 0)]
    [InlineData("one", 0, 0)]
    public void TryParse_Slice_TakesPartsOnly(string text, int part, int of)
    {
        bool isSlice = ShardSlice.TryParse(text, out ShardSlice slice);

        Assert.Equal(of > 0, isSlice);
        Assert.Equal((part, of), (slice.Part, slice.Of));
    }

    [Fact]
    public void Status_Folder_PrintsCountsAndReasons()
    {
        string text = _workshop.Run(new NumbersStage(30), "whole").ToString();

        Assert.Contains("numbers: 4 of 4 shards", text, StringComparison.Ordinal);
        Assert.Contains("3  rejected: ends in three", text, StringComparison.Ordinal);
        Assert.Equal(text, StageSummary.Of(_workshop.Of("whole")).ToString());
        Assert.Equal(4, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.Contains(27.ToString(CultureInfo.InvariantCulture), text, StringComparison.Ordinal);
    }
}
