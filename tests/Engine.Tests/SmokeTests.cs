using TorchSharp;

namespace InstructDiffusion.Engine.Tests;

public sealed class SmokeTests
{
    [Fact]
    public void Libtorch_Loads_AndComputes()
    {
        using var x = torch.ones(3);
        Assert.Equal(3f, x.sum().item<float>());
    }
}
