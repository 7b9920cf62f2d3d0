using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// Linear multistep of order 4 on dx/dσ = ε: the polynomial through the last ε is integrated over the step (k-diffusion's
/// sample_lms, diffusers' LMSDiscreteScheduler, whose numeric quadrature is exact here).
/// </summary>
internal sealed class LmsSampler(PredictionType predictionType, SigmaGrid grid) : SigmaSampler(predictionType, grid)
{
    private const int Order = 4;

    private readonly TensorHistory _epsilons = new(Order);

    /// <inheritdoc/>
    private protected override bool IsMultistep => true;

    /// <inheritdoc/>
    private protected override Tensor Advance(int call, Tensor latents, Tensor modelOutput, INoiseSource noise)
    {
        _epsilons.Add(Predict(call, latents, modelOutput).Epsilon);
        Tensor next = latents;
        for (int back = 0; back < _epsilons.Count; back++)
        {
            next = next.Plus(_epsilons[back].Times(Weight(call, _epsilons.Count, back)));
        }
        return next;
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _epsilons.Dispose();
        base.Dispose(disposing);
    }

    // The integral of the Lagrange polynomial of node `back` from σ to σ′. Its degree is at most 3, so that the Gauss-Legendre
    // rule of two points gives it exactly.
    private double Weight(int call, int order, int back)
    {
        double half = (Sigmas[call + 1] - Sigmas[call]) / 2;
        double middle = (Sigmas[call + 1] + Sigmas[call]) / 2;
        double offset = half / Math.Sqrt(3);
        return half * (Lagrange(middle - offset) + Lagrange(middle + offset));

        double Lagrange(double sigma)
        {
            double product = 1;
            for (int other = 0; other < order; other++)
            {
                if (other != back)
                {
                    product *= (sigma - Sigmas[call - other]) / (Sigmas[call - back] - Sigmas[call - other]);
                }
            }
            return product;
        }
    }
}
