using InstructDiffusion.Engine.Editing;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Editing;

public sealed class TensorCacheTests
{
    private const int Floats = 4;
    private const long TensorBytes = Floats * sizeof(float);

    [Fact]
    public void Get_KeyMetBefore_GivesEqualBitsWithoutComputing()
    {
        using var cache = new TensorCache<string>(10 * TensorBytes);
        int computed = 0;

        float[] first = Values(cache, "a", () => Made(1, ref computed));
        float[] again = Values(cache, "a", () => Made(2, ref computed));

        Assert.Equal(first, again);
        Assert.Equal(1, computed);
        Assert.Equal((1, 1), (cache.Usage.Hits, cache.Usage.Misses));
    }

    [Fact]
    public void Get_MoreThanFits_ForgetsTheLeastRecentlyUsed()
    {
        using var cache = new TensorCache<string>(2 * TensorBytes);
        int computed = 0;
        Values(cache, "a", () => Made(1, ref computed));
        Values(cache, "b", () => Made(2, ref computed));
        Values(cache, "a", () => Made(9, ref computed));

        Values(cache, "c", () => Made(3, ref computed));

        Assert.Equal(2, cache.Usage.Entries);
        Assert.Equal(2 * TensorBytes, cache.Usage.Bytes);
        Assert.Equal(1, Values(cache, "a", () => Made(9, ref computed))[0]);
        Assert.Equal(9, Values(cache, "b", () => Made(9, ref computed))[0]);
    }

    [Fact]
    public void Get_LargerThanTheCache_IsNotKeptAndEvictsNothing()
    {
        using var cache = new TensorCache<string>(TensorBytes);
        int computed = 0;
        Values(cache, "small", () => Made(1, ref computed));

        using (NewDisposeScope())
        {
            cache.Get("large", () => ones(2 * Floats));
        }

        Assert.Equal(1, cache.Usage.Entries);
        Assert.Equal(1, Values(cache, "small", () => Made(9, ref computed))[0]);
    }

    [Fact]
    public void Get_FailedComputation_IsTriedAgain()
    {
        using var cache = new TensorCache<string>(10 * TensorBytes);
        int computed = 0;

        Assert.Throws<InvalidOperationException>(() => cache.Get("a", () => throw new InvalidOperationException()));

        Assert.Equal(1, Values(cache, "a", () => Made(1, ref computed))[0]);
    }

    [Fact]
    public void Get_ViewOfSomethingLarger_IsCopied()
    {
        using var cache = new TensorCache<string>(10 * TensorBytes);
        using (NewDisposeScope())
        {
            Tensor whole = zeros(2, Floats);
            cache.Get("a", () => whole.narrow(0, 0, 1));
            whole.fill_(5);
        }

        int computed = 0;
        Assert.Equal(0, Values(cache, "a", () => Made(9, ref computed))[0]);
    }

    [Fact]
    public void Dispose_WhatWasHandedOut_LivesOn()
    {
        using var scope = NewDisposeScope();
        var cache = new TensorCache<string>(10 * TensorBytes);
        int computed = 0;
        cache.Get("a", () => Made(7, ref computed));
        Tensor handedOut = cache.Get("a", () => Made(9, ref computed));

        cache.Dispose();

        Assert.Equal(7, handedOut[0].item<float>());
        Assert.Equal(0, cache.Usage.Bytes);
    }

    [Fact]
    public void Get_ManyKeys_LeavesOnlyWhatIsKeptAlive()
    {
        const int kept = 3;
        var cache = new TensorCache<int>(kept * TensorBytes);
        int computed = 0;

        LeakAssert.Leaves(
            kept,
            () =>
            {
                for (int i = 0; i < 50; i++)
                {
                    using var scope = NewDisposeScope();
                    cache.Get(i % 7, () => Made(i, ref computed));
                }
            }
        );
        LeakAssert.Leaves(-kept, cache.Dispose);
    }

    private static Tensor Made(int value, ref int computed)
    {
        computed++;
        return full(Floats, value, dtype: ScalarType.Float32);
    }

    private static float[] Values(TensorCache<string> cache, string key, Func<Tensor> make)
    {
        using var scope = NewDisposeScope();
        return cache.Get(key, make).data<float>().ToArray();
    }
}
