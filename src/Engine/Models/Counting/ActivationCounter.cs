using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Counting;

/// <summary>
/// Estimates what forward passes keep in memory for their backward passes, by hooks on the blocks: each block's kept tensors
/// follow from its shapes and its formula. What does not grow with the pictures (time embeddings, statistics) is left out.
/// </summary>
/// <remarks>
/// libtorch keeps the inputs of convolutions, linears and norms, what SiLU and the gates were given, and queries, keys, values
/// and result of fused attention. A block whose activations are checkpointed (<see cref="ActivationCheckpoint"/>) keeps its
/// input alone, and makes the rest again when its turn comes: one block's rest at a time.
/// </remarks>
public sealed class ActivationCounter : IDisposable
{
    private readonly List<Action> _removals = [];
    private Kept _kept;
    private Kept _largestRecomputed;

    /// <summary>Counts for <paramref name="model"/>, which stays the caller's, until disposed.</summary>
    public ActivationCounter(nn.Module model)
    {
        ArgumentNullException.ThrowIfNull(model);
        foreach ((string name, nn.Module module) in model.named_modules())
        {
            Attach(name, module);
        }
    }

    /// <summary>Bytes kept from all forward passes so far to their backward passes.</summary>
    /// <param name="elementSize">Bytes of a number in the passes' precision. Norms keep fp32 whatever it is.</param>
    public long KeptBytes(int elementSize) => _kept.Bytes(elementSize);

    /// <summary>The same, and what the largest checkpointed block makes again in the backward pass.</summary>
    /// <param name="elementSize">As in <see cref="KeptBytes"/>.</param>
    public long PeakBytes(int elementSize) => (_kept + _largestRecomputed).Bytes(elementSize);

    /// <summary>Counts no more.</summary>
    public void Dispose()
    {
        _removals.ForEach(remove => remove());
        _removals.Clear();
    }

    private void Attach(string name, nn.Module module)
    {
        switch (module)
        {
            case ResBlock block: // norm, SiLU, convolution, twice
                Hook(
                    block,
                    (input, _, output) =>
                    {
                        long maps = input.numel() + output.numel();
                        AddBlock(block, input, new Kept(maps, 2 * maps));
                    }
                );
                break;
            case TransformerBlock block: // [B, N, C], context [B, M, D]
                Hook(
                    block,
                    (input, context, _) =>
                    {
                        // Three norms. Beside them self-attention 6 (its input, q, k, v, the result in both orders of its
                        // axes), attention to the text 4, the feed-forward 17: input, value and gate 8, gelu 4, product 4.
                        long keysAndValues = 2 * input.size(0) * context.size(1) * input.size(2);
                        AddBlock(block, input, new Kept(3 * input.numel(), (27 * input.numel()) + keysAndValues));
                    }
                );
                break;
            case SpatialTransformer block: // norm and both projections
                Hook(block, (input, _, _) => _kept += new Kept(input.numel(), 2 * input.numel()));
                break;
            case UpsampleBlock block:
                Hook(block, (_, _, output) => _kept += new Kept(0, output.numel()));
                break;
            case DownsampleBlock block:
                Hook(block, input => new Kept(0, input.numel()));
                break;
            case AutoencoderAttention attention: // tokens in another order are copied for each of q, k and v
                Hook(attention, input => new Kept(input.numel(), 8 * input.numel()));
                break;
            case ClipEncoderLayer layer: // two norms; attention as above, input of the feed-forward
                Hook(layer, input => new Kept(2 * input.numel(), 7 * input.numel()));
                break;
            case ClipFeedForward forward: // hidden, its sigmoid, their product
                long expansion = Parameter(forward, "fc1.weight")[0];
                Hook(forward, input => new Kept(0, 3 * input.numel() / input.size(-1) * expansion));
                break;
            case Conv2d convolution when name.EndsWith("conv_in", StringComparison.Ordinal):
                Hook(convolution, input => new Kept(0, input.numel()));
                break;
            case Conv2d convolution when name.EndsWith("conv_out", StringComparison.Ordinal): // norm, SiLU, convolution
                Hook(convolution, input => new Kept(input.numel(), 2 * input.numel()));
                break;
        }
    }

    private void AddBlock(ICheckpointedBlock block, Tensor input, Kept all)
    {
        if (!block.Checkpointed)
        {
            _kept += all;
            return;
        }
        _kept += new Kept(0, input.numel());
        _largestRecomputed = all.Bytes(1) > _largestRecomputed.Bytes(1) ? all : _largestRecomputed;
    }

    private void Hook<TSecond>(nn.Module<Tensor, TSecond, Tensor> module, Action<Tensor, TSecond, Tensor> note) =>
        _removals.Add(
            module
                .register_forward_hook(
                    (_, input, second, output) =>
                    {
                        note(input, second, output);
                        return output;
                    }
                )
                .remove
        );

    private void Hook(nn.Module<Tensor, Tensor> module, Func<Tensor, Kept> count) =>
        _removals.Add(
            module
                .register_forward_hook(
                    (_, input, output) =>
                    {
                        _kept += count(input);
                        return output;
                    }
                )
                .remove
        );

    private static long[] Parameter(nn.Module module, string name) =>
        module
            .named_parameters()
            .Single(parameter => parameter.name.Equals(name, StringComparison.Ordinal))
            .parameter.shape;

    /// <param name="OfNorms">Numbers that are fp32 in any precision.</param>
    /// <param name="Others">Numbers of the pass's precision.</param>
    private readonly record struct Kept(long OfNorms, long Others)
    {
        public long Bytes(int elementSize) => (OfNorms * sizeof(float)) + (Others * elementSize);

        public static Kept operator +(Kept one, Kept other) =>
            new(one.OfNorms + other.OfNorms, one.Others + other.Others);
    }
}
