using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>The rows of one UNet call: for every edit of the batch, one row per guidance branch.</summary>
internal sealed class UNetRows : IDisposable
{
    private UNetRows(Tensor samples, Tensor timesteps, Tensor context)
    {
        Samples = samples;
        Timesteps = timesteps;
        Context = context;
    }

    /// <summary>[B, 8, h, w]: noisy latents scaled for the model, then source latents or zeros.</summary>
    public Tensor Samples { get; }

    /// <summary>[B], each row its edit's.</summary>
    public Tensor Timesteps { get; }

    /// <summary>[B, L, D]: the instruction's states or the null text's.</summary>
    public Tensor Context { get; }

    /// <summary>Lays out the next step of every edit.</summary>
    public static UNetRows Of(IReadOnlyList<DenoisingState> states)
    {
        using var scope = NewDisposeScope();
        var samples = new List<Tensor>();
        var timesteps = new List<float>();
        var context = new List<Tensor>();
        foreach (DenoisingState state in states)
        {
            Tensor scaled = state.Latents.Times(state.Sampler.InputScale(state.StepIndex)); // [1, 4, h, w]
            Tensor withImage = cat([scaled, state.ImageLatents], 1); // [1, 8, h, w]
            Tensor withoutImage = cat([scaled, zeros_like(state.ImageLatents)], 1);
            foreach ((GuidanceBranch branch, _) in state.Guidance.Terms)
            {
                samples.Add(branch is GuidanceBranch.Full or GuidanceBranch.ImageOnly ? withImage : withoutImage);
                context.Add(branch is GuidanceBranch.Full or GuidanceBranch.TextOnly ? state.Text : state.NullText);
                timesteps.Add((float)state.Sampler.Timesteps[state.StepIndex]);
            }
        }
        return new UNetRows(
            cat(samples, 0).DetachFromDisposeScope(),
            tensor(timesteps.ToArray(), device: states[0].Latents.device).DetachFromDisposeScope(),
            cat(context, 0).DetachFromDisposeScope()
        );
    }

    public void Dispose()
    {
        Samples.Dispose();
        Timesteps.Dispose();
        Context.Dispose();
    }
}
