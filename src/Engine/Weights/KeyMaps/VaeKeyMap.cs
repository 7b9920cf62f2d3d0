namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>
/// AutoencoderKL names: diffusers ↔ ldm. The decoder's levels count from the coarsest in diffusers and from the finest in ldm;
/// the attention's matrices are 1×1 convolutions in ldm.
/// </summary>
public static class VaeKeyMap
{
    /// <summary>Where ldm checkpoints keep the autoencoder.</summary>
    public const string LdmPrefix = "first_stage_model.";

    /// <summary>The map of an autoencoder of this structure.</summary>
    public static KeyMap Create(VaeStructure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        var map = new KeyMapBuilder(LdmPrefix);
        map.Layer("encoder.conv_in", "encoder.conv_in");
        for (var level = 0; level < structure.Levels; level++)
        {
            var (native, ldm) = ($"encoder.down_blocks.{level}", $"encoder.down.{level}");
            Level(map, native, ldm, structure.LayersPerLevel[level]);
            if (level < structure.Levels - 1)
            {
                map.Layer($"{native}.downsamplers.0.conv", $"{ldm}.downsample.conv");
            }
        }
        Middle(map, "encoder");
        map.Layer("quant_conv", "quant_conv");
        map.Layer("post_quant_conv", "post_quant_conv");
        map.Layer("decoder.conv_in", "decoder.conv_in");
        for (var up = 0; up < structure.Levels; up++)
        {
            var level = structure.Levels - 1 - up;
            var (native, ldm) = ($"decoder.up_blocks.{up}", $"decoder.up.{level}");
            Level(map, native, ldm, structure.LayersPerLevel[level] + 1);
            if (level > 0)
            {
                map.Layer($"{native}.upsamplers.0.conv", $"{ldm}.upsample.conv");
            }
        }
        Middle(map, "decoder");
        return map.Build();
    }

    private static void Level(KeyMapBuilder map, string native, string ldm, int layers)
    {
        for (var layer = 0; layer < layers; layer++)
        {
            Residual(map, $"{native}.resnets.{layer}", $"{ldm}.block.{layer}");
            Attention(map, $"{native}.attentions.{layer}", $"{ldm}.attn.{layer}", optional: true);
        }
    }

    private static void Middle(KeyMapBuilder map, string half)
    {
        Residual(map, $"{half}.mid_block.resnets.0", $"{half}.mid.block_1");
        Attention(map, $"{half}.mid_block.attentions.0", $"{half}.mid.attn_1", optional: false);
        Residual(map, $"{half}.mid_block.resnets.1", $"{half}.mid.block_2");
        map.Layer($"{half}.conv_norm_out", $"{half}.norm_out");
        map.Layer($"{half}.conv_out", $"{half}.conv_out");
    }

    private static void Residual(KeyMapBuilder map, string native, string ldm)
    {
        foreach (var layer in (ReadOnlySpan<string>)["norm1", "conv1", "norm2", "conv2"])
        {
            map.Layer($"{native}.{layer}", $"{ldm}.{layer}");
        }
        map.Layer($"{native}.conv_shortcut", $"{ldm}.nin_shortcut", optional: true);
    }

    private static void Attention(KeyMapBuilder map, string native, string ldm, bool optional)
    {
        map.Layer($"{native}.group_norm", $"{ldm}.norm", optional);
        map.Layer($"{native}.to_q", $"{ldm}.q", optional, convolutionInLdm: true);
        map.Layer($"{native}.to_k", $"{ldm}.k", optional, convolutionInLdm: true);
        map.Layer($"{native}.to_v", $"{ldm}.v", optional, convolutionInLdm: true);
        map.Layer($"{native}.to_out.0", $"{ldm}.proj_out", optional, convolutionInLdm: true);
    }
}
