using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>softmax(q·kᵀ/√d)·v over several heads.</summary>
internal static class Attention
{
    /// <summary>Scaled dot-product attention; libtorch's fused kernel keeps the softmax in fp32.</summary>
    /// <param name="q">[B, N, C]</param>
    /// <param name="k">[B, M, C]</param>
    /// <param name="v">[B, M, C]</param>
    /// <param name="heads">Number of heads; C is a multiple of it.</param>
    /// <param name="causal">True if a token sees only itself and those before.</param>
    /// <returns>[B, N, C], owned by the caller.</returns>
    public static Tensor Run(Tensor q, Tensor k, Tensor v, int heads, bool causal = false)
    {
        using var scope = NewDisposeScope();
        Tensor attended = nn.functional.scaled_dot_product_attention(
            SplitHeads(q, heads),
            SplitHeads(k, heads),
            SplitHeads(v, heads),
            is_casual: causal
        ); // [B, heads, N, d]
        return attended.transpose(1, 2).flatten(2).MoveToOuterDisposeScope(); // [B, N, C]
    }

    // [B, N, C] → [B, heads, N, d], a view
    private static Tensor SplitHeads(Tensor tokens, int heads) =>
        tokens.view(tokens.size(0), tokens.size(1), heads, tokens.size(2) / heads).transpose(1, 2);
}
