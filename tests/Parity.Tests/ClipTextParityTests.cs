using System.Text.Json;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

public sealed class ClipTextParityTests
{
    private const string File = "clip_text_tiny.safetensors";

    [Fact]
    public void Forward_ReferenceIds_MatchesTransformersInEveryState()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipTextModel model = ReferenceModels.ClipText("diffusers", "text_encoder");
        TensorFile data = Fixture.Default.Tensors(File);
        Tensor ids = data.Tensor("input_ids");
        double atol = Fixture.Default.Tolerance(File, "last_hidden_state");
        Tensor? embeddings = null;
        Tensor? penultimate = null;
        int layers = model.Config.Encoder.Layers;
        foreach ((string name, nn.Module module) in model.named_modules())
        {
            if (module is nn.Module<Tensor, Tensor> hooked)
            {
                hooked.register_forward_hook(
                    (_, _, output) =>
                    {
                        embeddings = Keep(name, "text_model.embeddings", output) ?? embeddings;
                        penultimate = Keep(name, $"text_model.encoder.layers.{layers - 2}", output) ?? penultimate;
                        return output;
                    }
                );
            }
        }

        Tensor states = model.call(ids);

        Fixture.AssertClose(states, data.Tensor("last_hidden_state"), atol, "clip_text_tiny/last_hidden_state");
        Fixture.AssertClose(
            ClipTextModel.Pool(states, ids, EndId()),
            data.Tensor("pooler_output"),
            Fixture.Default.Tolerance(File, "pooler_output"),
            "clip_text_tiny/pooler_output"
        );
        Fixture.AssertClose(
            embeddings!,
            data.Tensor("hidden_states.0_embeddings"),
            atol,
            "clip_text_tiny/hidden_states.0_embeddings"
        );
        Fixture.AssertClose(
            penultimate!,
            data.Tensor("penultimate_hidden_state"),
            atol,
            "clip_text_tiny/penultimate_hidden_state"
        );
    }

    [Fact]
    public void Forward_ShortIds_MatchesTransformers()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        ClipTextModel model = ReferenceModels.ClipText("diffusers", "text_encoder");
        TensorFile data = Fixture.Default.Tensors(File);

        Tensor states = model.call(data.Tensor("short.input_ids"));

        Fixture.AssertClose(
            states,
            data.Tensor("short.last_hidden_state"),
            Fixture.Default.Tolerance(File, "last_hidden_state"),
            "clip_text_tiny/short.last_hidden_state"
        );
    }

    private static Tensor? Keep(string name, string wanted, Tensor output) =>
        string.Equals(name, wanted, StringComparison.Ordinal) ? output.clone().DetachFromDisposeScope() : null;

    private static long EndId()
    {
        using JsonDocument configs = JsonDocument.Parse(
            System.IO.File.ReadAllText(Fixture.Default.Path("configs.json"))
        );
        return configs.RootElement.GetProperty("text").GetProperty("eos_token_id").GetInt64();
    }
}
