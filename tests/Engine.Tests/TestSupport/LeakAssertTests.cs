using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.TestSupport;

public sealed class LeakAssertTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Leaves_ATensorTooMany_Throws(bool inScope) =>
        Assert.Throws<FixtureMismatchException>(() =>
        {
            using var scope = inScope ? NewDisposeScope() : null;
            LeakAssert.Leaves(0, () => _ = zeros(1));
        });

    [Fact]
    public void Leaves_OfDetachedAndScopedTensors_CountsTheLiving()
    {
        Tensor? kept = null;

        LeakAssert.Leaves(
            1,
            () =>
            {
                using var scope = NewDisposeScope();
                kept = (zeros(1) + 1).DetachFromDisposeScope();
            }
        );
        LeakAssert.Leaves(-1, () => kept!.Dispose());
    }
}
