using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Tensors;

public sealed class NoiseSourceTests
{
    private const string File = "rng_cpu.safetensors";

    private static readonly TensorFile Data = Fixture.Default.Tensors(File);
    private static readonly double Tolerance = Fixture.Default.Tolerance(File);

    public static TheoryData<string> Draws =>
        [.. Data.Names.Where(name => name.StartsWith("randn.", StringComparison.Ordinal))];

    public static TheoryData<string> FirstDraws =>
        [
            .. Data.Names.Where(name =>
                name.StartsWith("randn2.", StringComparison.Ordinal)
                && name.EndsWith(".first", StringComparison.Ordinal)
            ),
        ];

    [Theory]
    [MemberData(nameof(Draws))]
    [Trait("Kind", "Parity")]
    public void Next_OfASeed_IsLibtorchsNoise(string name)
    {
        using var scope = NewDisposeScope();
        using var noise = new NoiseSource(SeedOf(name));

        Tensor drawn = noise.Next(Data.Shape(name));

        Assert.Equal(ScalarType.Float32, drawn.dtype);
        Fixture.AssertClose(drawn, Data.Tensor(name), Tolerance, $"rng_cpu/{name}");
    }

    [Theory]
    [MemberData(nameof(FirstDraws))]
    [Trait("Kind", "Parity")]
    public void Next_Twice_ContinuesTheStream(string first)
    {
        using var scope = NewDisposeScope();
        string second = first.Replace(".first", ".second", StringComparison.Ordinal);
        using var noise = new NoiseSource(SeedOf(first));

        Tensor one = noise.Next(Data.Shape(first));
        Tensor two = noise.Next(Data.Shape(second));

        Fixture.AssertClose(one, Data.Tensor(first), Tolerance, $"rng_cpu/{first}");
        Fixture.AssertClose(two, Data.Tensor(second), Tolerance, $"rng_cpu/{second}");
    }

    [Fact]
    public void Next_OfImagesInterleaved_EqualsEachImageAlone()
    {
        using var scope = NewDisposeScope();
        const long seed = 4_294_967_301; // above 2^32
        long[] shape = [1, 4, 8, 8];
        NoiseSource[] batch = [.. Enumerable.Range(0, 3).Select(index => new NoiseSource(seed + index))];

        Tensor[] firsts = [.. batch.Select(noise => noise.Next(shape))];
        Tensor[] seconds = [.. batch.Select(noise => noise.Next(shape))];

        for (int index = 0; index < batch.Length; index++)
        {
            using var alone = new NoiseSource(seed + index);
            Assert.Equal(alone.Next(shape).data<float>().ToArray(), firsts[index].data<float>().ToArray());
            Assert.Equal(alone.Next(shape).data<float>().ToArray(), seconds[index].data<float>().ToArray());
            batch[index].Dispose();
        }
        Assert.NotEqual(firsts[0].data<float>().ToArray(), firsts[1].data<float>().ToArray());
    }

    [Fact]
    public void Next_WhileTheGlobalGeneratorDraws_IsNotDisturbed()
    {
        using var scope = NewDisposeScope();
        using var alone = new NoiseSource(7);
        using var disturbed = new NoiseSource(7);

        Tensor expected = cat([alone.Next([20]), alone.Next([20])]);
        Tensor first = disturbed.Next([20]);
        _ = randn(100);
        Tensor actual = cat([first, disturbed.Next([20])]);

        Assert.Equal(expected.data<float>().ToArray(), actual.data<float>().ToArray());
    }

    [Fact]
    public void Next_OfSeedsEqualInTheLow32Bits_IsTheSame()
    {
        using var scope = NewDisposeScope();
        using var low = new NoiseSource(5);
        using var high = new NoiseSource(5 + (1L << 40));

        // libtorch seeds its mt19937 with the low 32 bits alone, under Python too: to differ here would be to differ from it.
        Assert.Equal(low.Next([16]).data<float>().ToArray(), high.Next([16]).data<float>().ToArray());
    }

    private static long SeedOf(string name)
    {
        string part = name.Split('.').Single(p => p.StartsWith("seed", StringComparison.Ordinal));
        return long.Parse(part["seed".Length..]);
    }
}
