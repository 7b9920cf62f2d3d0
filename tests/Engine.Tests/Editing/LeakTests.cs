using System.Diagnostics;
using InstructDiffusion.Engine.Editing;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

/// <summary>Runs alone, as resident memory is the whole process's. Live tensors are counted on this thread.</summary>
[CollectionDefinition(nameof(LeakTests), DisableParallelization = true)]
[Collection(nameof(LeakTests))]
public sealed class LeakTests
{
    private const long Slack = 48L << 20; // glibc's arenas breathe; 180 leaked edits of this size would be far more

    [Fact]
    public void Run_200Edits_LeavesTensorsAndMemoryWhereTheyWereAfter20()
    {
        using LoadedModel model = ReferenceModel.Open();
        var pipeline = (EditPipeline)model.Pipeline;
        (long tensorsAfter20, long residentAfter20) = (0, 0);

        for (int edit = 1; edit <= 200; edit++)
        {
            pipeline.Run(ReferenceModel.Request(seed: edit, steps: 2));
            if (edit == 20)
            {
                (tensorsAfter20, residentAfter20) = (DisposeScopeManager.Statistics.ThreadTotalLiveCount, Resident());
            }
        }

        Assert.Equal(tensorsAfter20, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
        long grown = Resident() - residentAfter20;
        Assert.True(grown < Slack, $"resident memory grew by {grown >> 20} MiB over 180 edits");
    }

    private static long Resident()
    {
        using Process process = Process.GetCurrentProcess();
        return process.WorkingSet64;
    }
}
