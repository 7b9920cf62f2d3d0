using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class AutoencoderParityTests
{
    private const string File = "vae_tiny.safetensors";

    public static MatrixTheoryData<int, bool> Cases() =>
        new(
            Fixture
                .Default.Entry(File)
                .GetProperty("cases")
                .EnumerateArray()
                .Select(c => c.GetProperty("case").GetInt32()),
            [false, true]
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public void EncodeAndDecode_Case_MatchDiffusers(int index, bool prepared)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        AutoencoderKL autoencoder = ReferenceModels.Autoencoder(prepared, "diffusers", "vae");
        TensorFile data = Fixture.Default.Tensors(File);
        string name = $"case{index}";

        using DiagonalGaussian posterior = autoencoder.Encode(data.Tensor($"{name}.image"));
        Tensor sample = posterior.Sample(data.Tensor($"{name}.noise"));
        Tensor decoded = autoencoder.Decode(data.Tensor($"{name}.latent"));

        Check(posterior.Mean, "mean", "mean");
        Check(posterior.Mean, "mode", "mean");
        Check(posterior.LogVariance, "logvar", "logvar");
        Check(sample, "sample", "logvar");
        Check(decoded, "decoded", "decoded");

        void Check(Tensor actual, string part, string tolerance)
        {
            double atol = Fixture
                .Default.Entry(File)
                .GetProperty("cases")
                .EnumerateArray()
                .Single(c => c.GetProperty("case").GetInt32() == index)
                .GetProperty(tolerance)
                .GetProperty("recommended_atol")
                .GetDouble();
            Fixture.AssertClose(actual, data.Tensor($"{name}.{part}"), atol, $"vae_tiny/{name}.{part}");
        }
    }
}
