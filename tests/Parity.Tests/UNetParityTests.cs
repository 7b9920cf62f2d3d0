using System.Text.Json;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class UNetParityTests
{
    private const string File = "unet_tiny.safetensors";

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
    public void Forward_Case_MatchesDiffusers(int index, bool prepared)
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        UNet2DConditionModel unet = ReferenceModels.UNet(prepared, "diffusers", "unet");
        TensorFile data = Fixture.Default.Tensors(File);
        string name = $"case{index}";

        Tensor output = unet.call(
            data.Tensor($"{name}.sample"),
            data.Tensor($"{name}.timestep").expand(data.Shape($"{name}.sample")[0]),
            data.Tensor($"{name}.encoder_hidden_states")
        );

        Fixture.AssertClose(output, data.Tensor($"{name}.output"), Tolerance(index), $"unet_tiny/{name}.output");
    }

    public static MatrixTheoryData<int, bool> CasesWithIntermediates() =>
        new(
            Fixture
                .Default.Tensors(File)
                .Names.Where(name => name.Contains(".inter.", StringComparison.Ordinal))
                .Select(name => int.Parse(name["case".Length..name.IndexOf('.', StringComparison.Ordinal)]))
                .Distinct(),
            [false, true]
        );

    [Theory]
    [MemberData(nameof(CasesWithIntermediates))]
    public void Forward_Case_MatchesEveryIntermediate(int index, bool prepared)
    {
        string prefix = $"case{index}.inter.";
        TensorFile data = Fixture.Default.Tensors(File);
        string[] recorded = [.. data.Names.Where(name => name.StartsWith(prefix, StringComparison.Ordinal))];
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        UNet2DConditionModel unet = ReferenceModels.UNet(prepared, "diffusers", "unet");
        var seen = new Dictionary<string, Tensor>(StringComparer.Ordinal);
        Tensor timesteps = data.Tensor($"case{index}.timestep").expand(data.Shape($"case{index}.sample")[0]);
        seen["time_proj"] = TimestepEmbedding.Sinusoids(
            timesteps,
            unet.Config.BlockOutChannels[0],
            unet.Config.FlipSinToCos,
            unet.Config.FrequencyShift
        );
        foreach ((string name, nn.Module module) in unet.named_modules())
        {
            Record(module, name == "time_embedding" ? "temb" : name, seen);
        }

        unet.call(data.Tensor($"case{index}.sample"), timesteps, data.Tensor($"case{index}.encoder_hidden_states"));

        double atol = Tolerance(index);
        foreach (string name in recorded)
        {
            string short_ = name[prefix.Length..];
            Assert.True(seen.ContainsKey(short_), $"nothing here is called {short_}");
            Tensor expected = data.Tensor(name);
            // The tolerance is for the output; an intermediate may be larger and is allowed the same share of its size.
            double scale = Math.Max(1, expected.abs().max().item<float>() / MaxAbs(index));
            Fixture.AssertClose(seen[short_], expected, atol * scale, $"unet_tiny/{name}");
        }
    }

    private static void Record(nn.Module module, string name, Dictionary<string, Tensor> seen)
    {
        Tensor Keep(Tensor output)
        {
            seen[name] = output.clone().DetachFromDisposeScope();
            return output;
        }
        switch (module)
        {
            case nn.Module<Tensor, Tensor> one:
                one.register_forward_hook((_, _, output) => Keep(output));
                break;
            case nn.Module<Tensor, Tensor, Tensor> two:
                two.register_forward_hook((_, _, _, output) => Keep(output));
                break;
            case nn.Module<Tensor, Tensor, Tensor, Tensor> three:
                three.register_forward_hook((_, _, _, _, output) => Keep(output));
                break;
            case nn.Module<Tensor, Tensor, Tensor, Stack<Tensor>, Tensor> level:
                level.register_forward_hook((_, _, _, _, _, output) => Keep(output));
                break;
        }
    }

    private static JsonElement Case(int index) =>
        Fixture
            .Default.Entry(File)
            .GetProperty("cases")
            .EnumerateArray()
            .Single(c => c.GetProperty("case").GetInt32() == index);

    private static double Tolerance(int index) => Case(index).GetProperty("recommended_atol").GetDouble();

    private static double MaxAbs(int index) => Case(index).GetProperty("max_abs").GetDouble();
}
