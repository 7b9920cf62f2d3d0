using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>Fills a freshly built model, whose weights are uninitialised memory, with PyTorch's default random values.</summary>
public static class RandomWeights
{
    /// <summary>Fills every layer of <paramref name="model"/>; the same seed gives the same weights. CPU models only.</summary>
    public static void Fill(nn.Module model, long seed)
    {
        ArgumentNullException.ThrowIfNull(model);
        using var generator = new Generator((ulong)seed, CPU);
        using var noGradient = no_grad();
        // The list of modules leaves out the model itself, which may hold weights of its own.
        foreach (nn.Module module in model.modules().Prepend(model).Distinct())
        {
            (module as IInitializable)?.Initialize(generator);
        }
    }

    /// <summary>U(−bound, bound) with bound = 1/√fanIn, which is Kaiming's uniform with a = √5 (torch.nn.Linear, Conv2d).</summary>
    internal static void FillUniform(Tensor weight, long fanIn, Generator generator)
    {
        double bound = 1 / Math.Sqrt(fanIn);
        weight.uniform_(-bound, bound, generator);
    }
}
