using InstructDiffusion.Training.Running;
using TorchSharp;

namespace InstructDiffusion.Training.Tests.Running;

/// <summary>Alone: the number of threads that new threads take is the whole process's.</summary>
[CollectionDefinition(nameof(WorkerPoolTests), DisableParallelization = true)]
[Collection(nameof(WorkerPoolTests))]
public sealed class WorkerPoolTests
{
    [Fact]
    public void Run_TwoWorkers_OneThreadEachAndNobodyElseFewer()
    {
        int before = torch.get_num_threads();
        try
        {
            torch.set_num_threads(3);
            var ofWorkers = new int[2];
            int ofStranger = 0;

            using var pool = new WorkerPool(ofWorkers.Length);
            pool.Run(worker => ofWorkers[worker] = torch.get_num_threads());
            var stranger = new Thread(() => ofStranger = torch.get_num_threads());
            stranger.Start();
            stranger.Join();

            Assert.Equal([1, 1], ofWorkers);
            Assert.Equal(3, ofStranger);
            Assert.Equal(3, torch.get_num_threads());
        }
        finally
        {
            torch.set_num_threads(before);
        }
    }
}
