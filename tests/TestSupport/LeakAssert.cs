using TorchSharp;

namespace InstructDiffusion.TestSupport;

/// <summary>Counts the tensors a piece of work leaves alive. Only this thread's are counted, so tests can run side by side.</summary>
public static class LeakAssert
{
    /// <summary>Checks that exactly <paramref name="expected"/> tensors made by <paramref name="work"/> are still alive.</summary>
    public static void Leaves(long expected, Action work)
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        work();
        long left = DisposeScopeManager.Statistics.ThreadTotalLiveCount - before;
        if (left != expected)
        {
            throw new FixtureMismatchException($"{left} tensors are left alive, expected {expected}");
        }
    }
}
