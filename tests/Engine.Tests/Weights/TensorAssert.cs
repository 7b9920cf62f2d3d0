using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights;

internal static class TensorAssert
{
    /// <summary>The same names, and under each the same bits once both are float32.</summary>
    public static void SameTensors(ITensorSource expected, ITensorSource actual)
    {
        Assert.Equal(
            expected.Tensors.Keys.Order(StringComparer.Ordinal),
            actual.Tensors.Keys.Order(StringComparer.Ordinal)
        );
        foreach (var name in expected.Tensors.Keys)
        {
            using var scope = NewDisposeScope();
            var (a, b) = (expected.Read(name), actual.Read(name));
            Assert.Equal(a.shape, b.shape);
            Assert.True(Bits(a).AsSpan().SequenceEqual(Bits(b)), name);
        }
    }

    public static byte[] Bits(Tensor tensor) => tensor.to(ScalarType.Float32).contiguous().bytes.ToArray();
}
