namespace InstructDiffusion.Engine.Weights.KeyMaps;

/// <summary>
/// UNet2DCondition names: diffusers ↔ ldm (CompVis <c>openaimodel.py</c>, diffusers <c>unet_2d_condition.py</c>). ldm numbers
/// its blocks through; diffusers numbers levels and layers, so that the map depends on the structure.
/// </summary>
public static class UNetKeyMap
{
    /// <summary>Where ldm checkpoints keep the UNet.</summary>
    public const string LdmPrefix = "model.diffusion_model.";

    /// <summary>The map of a UNet of this structure.</summary>
    public static KeyMap Create(UNetStructure structure)
    {
        ArgumentNullException.ThrowIfNull(structure);
        var map = new KeyMapBuilder(LdmPrefix);
        map.Layer("time_embedding.linear_1", "time_embed.0");
        map.Layer("time_embedding.linear_2", "time_embed.2");
        map.Layer("conv_in", "input_blocks.0.0");
        Down(map, structure);
        Residual(map, "mid_block.resnets.0", "middle_block.0");
        Transformer(map, "mid_block.attentions.0", "middle_block.1", structure.TransformerDepth);
        Residual(map, "mid_block.resnets.1", "middle_block.2");
        Up(map, structure);
        map.Layer("conv_norm_out", "out.0");
        map.Layer("conv_out", "out.2");
        return map.Build();
    }

    private static void Down(KeyMapBuilder map, UNetStructure structure)
    {
        var block = 1;
        for (var level = 0; level < structure.Levels; level++)
        {
            for (var layer = 0; layer < structure.LayersPerLevel[level]; layer++, block++)
            {
                Residual(map, $"down_blocks.{level}.resnets.{layer}", $"input_blocks.{block}.0");
                if (structure.AttentionAtLevel[level])
                {
                    var native = $"down_blocks.{level}.attentions.{layer}";
                    Transformer(map, native, $"input_blocks.{block}.1", structure.TransformerDepth);
                }
            }
            if (level < structure.Levels - 1)
            {
                map.Layer($"down_blocks.{level}.downsamplers.0.conv", $"input_blocks.{block++}.0.op");
            }
        }
    }

    private static void Up(KeyMapBuilder map, UNetStructure structure)
    {
        var block = 0;
        for (var up = 0; up < structure.Levels; up++)
        {
            var level = structure.Levels - 1 - up;
            for (var layer = 0; layer <= structure.LayersPerLevel[level]; layer++, block++)
            {
                Residual(map, $"up_blocks.{up}.resnets.{layer}", $"output_blocks.{block}.0");
                if (structure.AttentionAtLevel[level])
                {
                    var native = $"up_blocks.{up}.attentions.{layer}";
                    Transformer(map, native, $"output_blocks.{block}.1", structure.TransformerDepth);
                }
            }
            if (level > 0)
            {
                // The upsampling stands in the level's last block, behind the transformer if there is one.
                var place = structure.AttentionAtLevel[level] ? 2 : 1;
                map.Layer($"up_blocks.{up}.upsamplers.0.conv", $"output_blocks.{block - 1}.{place}.conv");
            }
        }
    }

    private static void Residual(KeyMapBuilder map, string native, string ldm)
    {
        map.Layer($"{native}.norm1", $"{ldm}.in_layers.0");
        map.Layer($"{native}.conv1", $"{ldm}.in_layers.2");
        map.Layer($"{native}.time_emb_proj", $"{ldm}.emb_layers.1");
        map.Layer($"{native}.norm2", $"{ldm}.out_layers.0");
        map.Layer($"{native}.conv2", $"{ldm}.out_layers.3");
        map.Layer($"{native}.conv_shortcut", $"{ldm}.skip_connection", optional: true);
    }

    private static void Transformer(KeyMapBuilder map, string native, string ldm, int depth)
    {
        Same("norm");
        Same("proj_in");
        for (var block = 0; block < depth; block++)
        {
            var inner = $"transformer_blocks.{block}";
            foreach (var attention in (ReadOnlySpan<string>)["attn1", "attn2"])
            {
                foreach (var matrix in (ReadOnlySpan<string>)["to_q", "to_k", "to_v"])
                {
                    var name = $"{inner}.{attention}.{matrix}.weight";
                    map.Parameter($"{native}.{name}", $"{ldm}.{name}");
                }
                Same($"{inner}.{attention}.to_out.0");
            }
            Same($"{inner}.ff.net.0.proj");
            Same($"{inner}.ff.net.2");
            Same($"{inner}.norm1");
            Same($"{inner}.norm2");
            Same($"{inner}.norm3");
        }
        Same("proj_out");

        void Same(string layer) => map.Layer($"{native}.{layer}", $"{ldm}.{layer}");
    }
}
