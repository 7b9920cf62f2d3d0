using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Weights.KeyMaps;

namespace InstructDiffusion.Engine.Weights;

/// <summary>
/// The <c>config.json</c> of a component whose file came without one, from its tensors' names and shapes and a few
/// <see cref="ComponentHints"/>. In the fields of diffusers 0.27 and transformers 4.33.
/// </summary>
public static class ComponentConfig
{
    /// <summary>Infers it.</summary>
    /// <param name="component">Which network.</param>
    /// <param name="source">Its tensors under native names.</param>
    /// <param name="hints">What tensors do not show.</param>
    /// <exception cref="CheckpointFormatException">The tensors are not those of this network, or contradict a hint.</exception>
    public static JsonObject Infer(ModelComponent component, ITensorSource source, ComponentHints hints)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(hints);
        var shapes = new Shapes(component, source);
        return component switch
        {
            ModelComponent.UNet => UNet(shapes, hints),
            ModelComponent.Vae => Vae(shapes, hints),
            _ => Text(shapes, hints),
        };
    }

    private static JsonObject UNet(Shapes shapes, ComponentHints hints)
    {
        var structure = UNetStructure.FromNative(shapes.Names) ?? throw shapes.Foreign();
        var channels = Enumerable
            .Range(0, structure.Levels)
            .Select(level => shapes.Size($"down_blocks.{level}.resnets.0.conv1.weight", 0))
            .ToArray();
        RequireDivisible(shapes, channels, hints.NormGroups, "groups");
        RequireDivisible(shapes, channels, hints.Heads, "heads");
        var attends = structure.AttentionAtLevel;
        return new JsonObject
        {
            ["_class_name"] = "UNet2DConditionModel",
            ["act_fn"] = "silu",
            ["attention_head_dim"] = hints.Heads, // diffusers' name for the number of heads in Stable Diffusion 1
            ["block_out_channels"] = Array(channels),
            ["center_input_sample"] = false,
            ["cross_attention_dim"] = shapes.Size("mid_block.attentions.0.transformer_blocks.0.attn2.to_k.weight", 1),
            ["down_block_types"] = Array(attends.Select(a => a ? "CrossAttnDownBlock2D" : "DownBlock2D")),
            ["downsample_padding"] = 1,
            ["flip_sin_to_cos"] = true,
            ["freq_shift"] = 0,
            ["in_channels"] = shapes.Size("conv_in.weight", 1),
            ["layers_per_block"] = OneOrArray(structure.LayersPerLevel),
            ["mid_block_scale_factor"] = 1,
            ["mid_block_type"] = "UNetMidBlock2DCrossAttn",
            ["norm_eps"] = 1e-5,
            ["norm_num_groups"] = hints.NormGroups,
            ["out_channels"] = shapes.Size("conv_out.weight", 0),
            ["sample_size"] = 64,
            ["transformer_layers_per_block"] = structure.TransformerDepth,
            ["up_block_types"] = Array(attends.Reverse().Select(a => a ? "CrossAttnUpBlock2D" : "UpBlock2D")),
            ["use_linear_projection"] = shapes.Rank("mid_block.attentions.0.proj_in.weight") == 2,
        };
    }

    private static JsonObject Vae(Shapes shapes, ComponentHints hints)
    {
        var structure = VaeStructure.FromNative(shapes.Names) ?? throw shapes.Foreign();
        var channels = Enumerable
            .Range(0, structure.Levels)
            .Select(level => shapes.Size($"encoder.down_blocks.{level}.resnets.0.conv1.weight", 0))
            .ToArray();
        RequireDivisible(shapes, channels, hints.NormGroups, "groups");
        return new JsonObject
        {
            ["_class_name"] = "AutoencoderKL",
            ["act_fn"] = "silu",
            ["block_out_channels"] = Array(channels),
            ["down_block_types"] = Array(channels.Select(_ => "DownEncoderBlock2D")),
            ["in_channels"] = shapes.Size("encoder.conv_in.weight", 1),
            ["latent_channels"] = shapes.Size("decoder.conv_in.weight", 1),
            ["layers_per_block"] = OneOrArray(structure.LayersPerLevel),
            ["norm_num_groups"] = hints.NormGroups,
            ["out_channels"] = shapes.Size("decoder.conv_out.weight", 0),
            ["sample_size"] = 512,
            ["scaling_factor"] = hints.ScalingFactor,
            ["up_block_types"] = Array(channels.Select(_ => "UpDecoderBlock2D")),
        };
    }

    private static JsonObject Text(Shapes shapes, ComponentHints hints)
    {
        var layers = TextKeyMap.CountLayers(shapes.Names);
        if (layers == 0)
        {
            throw shapes.Foreign();
        }
        var vocabulary = shapes.Size("text_model.embeddings.token_embedding.weight", 0);
        var width = shapes.Size("text_model.embeddings.token_embedding.weight", 1);
        var heads = hints.TextHeads ?? (width % 64 == 0 ? (int)(width / 64) : 1);
        RequireDivisible(shapes, [width], heads, "text heads");
        return new JsonObject
        {
            ["architectures"] = Array(["CLIPTextModel"]),
            ["attention_dropout"] = 0.0,
            ["bos_token_id"] = vocabulary - 2,
            ["eos_token_id"] = vocabulary - 1,
            ["hidden_act"] = "quick_gelu",
            ["hidden_size"] = width,
            ["intermediate_size"] = shapes.Size("text_model.encoder.layers.0.mlp.fc1.weight", 0),
            ["layer_norm_eps"] = 1e-5,
            ["max_position_embeddings"] = shapes.Size("text_model.embeddings.position_embedding.weight", 0),
            ["model_type"] = "clip_text_model",
            ["num_attention_heads"] = heads,
            ["num_hidden_layers"] = layers,
            ["pad_token_id"] = vocabulary - 1,
            ["projection_dim"] = width,
            ["vocab_size"] = vocabulary,
        };
    }

    private static void RequireDivisible(Shapes shapes, long[] channels, int divisor, string what)
    {
        if (divisor < 1 || channels.Any(c => c % divisor != 0))
        {
            throw shapes.Bad(
                $"its channels {TensorInfo.ShapeText(channels)} do not divide into {divisor} {what}; say how many there are"
            );
        }
    }

    private static JsonArray Array(IEnumerable<long> values) => new([.. values.Select(v => JsonValue.Create(v))]);

    private static JsonArray Array(IEnumerable<string> values) => new([.. values.Select(v => JsonValue.Create(v))]);

    private static JsonNode OneOrArray(IReadOnlyList<int> values) =>
        values.Distinct().Count() == 1 ? JsonValue.Create(values[0]) : Array(values.Select(v => (long)v));

    /// <summary>Sizes by tensor name, with errors that say what is missing.</summary>
    private sealed class Shapes(ModelComponent component, ITensorSource source)
    {
        public IReadOnlyCollection<string> Names { get; } = [.. source.Tensors.Keys];

        public int Rank(string name) => Shape(name).Length;

        public long Size(string name, int dimension) =>
            Shape(name) is var shape && dimension < shape.Length
                ? shape[dimension]
                : throw Bad($"tensor '{name}' has the unexpected shape {TensorInfo.ShapeText(shape)}");

        public CheckpointFormatException Foreign() => Bad($"its tensors are not those of a {component.FolderName()}");

        public CheckpointFormatException Bad(string problem) =>
            new($"{source.Origin} ({component.FolderName()})", problem);

        private ReadOnlySpan<long> Shape(string name) =>
            source.Tensors.TryGetValue(name, out var info)
                ? info.Shape
                : throw Bad($"tensor '{name}' is missing; without it the network's shape is unknown");
    }
}
