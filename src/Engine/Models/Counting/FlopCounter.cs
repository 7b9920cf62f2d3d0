using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Counting;

/// <summary>
/// Counts the arithmetic of a model's forward passes by hooks on its layers: two operations (a multiplication and an addition)
/// for each weight or score used, convolutions as if done directly. What is linear in the activations (norms, activations,
/// softmax, biases, resampling) is not counted.
/// </summary>
public sealed class FlopCounter : IDisposable
{
    private readonly List<Action> _removals = [];

    /// <summary>Counts for <paramref name="model"/>, which stays the caller's, until disposed.</summary>
    public FlopCounter(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach (nn.Module module in (nn.Module[])[model, .. model.modules()])
        {
            Attach(module);
        }
    }

    /// <summary>Floating-point operations of all passes so far.</summary>
    public long Total { get; private set; }

    /// <summary>Counts no more.</summary>
    public void Dispose()
    {
        _removals.ForEach(remove => remove());
        _removals.Clear();
    }

    private void Attach(nn.Module module)
    {
        switch (module)
        {
            case Conv2d convolution:
                Hook(convolution, (_, output) => 2 * output.numel() * convolution.ProductsPerOutput);
                break;
            case Linear linear:
                long inputs = Weight(linear)[1];
                Hook(linear, (_, output) => 2 * output.numel() * inputs);
                break;
            case AutoencoderAttention attention: // [B, C, H, W]
                Hook(attention, (input, _) => Attention(input.size(0), Pixels(input), Pixels(input), input.size(1)));
                break;
            case ClipEncoderLayer layer: // [B, L, D]; the causal mask saves nothing here, as libtorch computes all scores
                Hook(layer, (input, _) => Attention(input.size(0), input.size(1), input.size(1), input.size(2)));
                break;
            case CrossAttention attention: // [B, N, C], context [B, M, D]
                _removals.Add(
                    attention
                        .register_forward_hook(
                            (_, input, context, output) =>
                            {
                                Total += Attention(input.size(0), input.size(1), context.size(1), output.size(2));
                                return output;
                            }
                        )
                        .remove
                );
                break;
        }
    }

    private void Hook(nn.Module<Tensor, Tensor> module, Func<Tensor, Tensor, long> count) =>
        _removals.Add(
            module
                .register_forward_hook(
                    (_, input, output) =>
                    {
                        Total += count(input, output);
                        return output;
                    }
                )
                .remove
        );

    /// <summary>Scores q·kᵀ and their product with v, over all heads; the projections around them are linears.</summary>
    private static long Attention(long rows, long queries, long keys, long channels) =>
        2 * 2 * rows * queries * keys * channels;

    private static long[] Weight(nn.Module module) =>
        module.named_parameters().Single(parameter => parameter.name is "weight").parameter.shape;

    private static long Pixels(Tensor map) => map.size(2) * map.size(3);
}
