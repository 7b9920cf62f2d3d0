using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring;

/// <summary>Scores of CLIP vectors, row by row. All vectors are of length 1, as <see cref="ClipScores"/> gives them.</summary>
internal static class ClipSimilarity
{
    /// <summary>
    /// Below this length a difference of two vectors of length 1 counts as rounding, which has no direction: fp32 leaves some 1e-7.
    /// </summary>
    private const double LeastLength = 1e-5;

    /// <summary>
    /// How well two things fit, −1 to 1: text and picture, or picture and picture. The paper's CLIP-Sim is a hundred times the
    /// cosine of an answer and the caption of what was asked for.
    /// </summary>
    /// <param name="one">[B, P].</param>
    /// <param name="other">[B, P].</param>
    /// <returns>B cosines.</returns>
    /// <exception cref="ArgumentException">Other shapes.</exception>
    public static float[] Cosine(Tensor one, Tensor other)
    {
        TensorShape.Require(one, nameof(one), TensorShape.Any, TensorShape.Any);
        TensorShape.Require(other, nameof(other), one.shape);
        using var scope = NewDisposeScope();
        return Values(one.mul(other).sum(-1));
    }

    /// <summary>
    /// Whether a picture changed as its text did: the cosine of E(target) − E(source) and E(target text) − E(source text), of
    /// vectors of length 1 (Gal et al. 2022, StyleGAN-NADA, eq. 2; InstructPix2Pix' <c>sim_direction</c>).
    /// </summary>
    /// <param name="source">[B, P] pictures before.</param>
    /// <param name="target">[B, P] pictures after.</param>
    /// <param name="sourceText">[B, P] what the pictures before show.</param>
    /// <param name="targetText">[B, P] what the pictures after show.</param>
    /// <returns>B cosines; 0 where pictures or texts do not differ, as with InstructPix2Pix.</returns>
    /// <exception cref="ArgumentException">Other shapes.</exception>
    public static float[] Directional(Tensor source, Tensor target, Tensor sourceText, Tensor targetText)
    {
        TensorShape.Require(source, nameof(source), TensorShape.Any, TensorShape.Any);
        TensorShape.Require(target, nameof(target), source.shape);
        TensorShape.Require(sourceText, nameof(sourceText), source.shape);
        TensorShape.Require(targetText, nameof(targetText), source.shape);
        using var scope = NewDisposeScope();
        (Tensor pictures, Tensor picturesLength) = Direction(source, target);
        (Tensor texts, Tensor textsLength) = Direction(sourceText, targetText);
        float[] products = Values(pictures.mul(texts).sum(-1));
        float[] lengths = Values(picturesLength.mul(textsLength));
        float[] shortest = Values(minimum(picturesLength, textsLength));
        return
        [
            .. products.Select((product, i) => shortest[i] < LeastLength ? 0 : Math.Clamp(product / lengths[i], -1, 1)),
        ];
    }

    // [B, P] and [B]
    private static (Tensor Difference, Tensor Length) Direction(Tensor from, Tensor to)
    {
        Tensor difference = to.to(ScalarType.Float64).sub(from.to(ScalarType.Float64));
        return (difference, difference.mul(difference).sum(-1).sqrt());
    }

    private static float[] Values(Tensor row) => row.to(ScalarType.Float32).cpu().contiguous().data<float>().ToArray();
}
