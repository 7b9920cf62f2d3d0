using System.Diagnostics;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>An edit in flight in the real pipeline. Owns its tensors, its sampler and its noise.</summary>
internal sealed class DenoisingState : EditState
{
    private readonly long _started;
    private long _prepared;
    private long _denoised;
    private Tensor _latents;
    private Tensor? _before;
    private Tensor? _output;

    /// <param name="startLatents">Noise times the sampler's initial scale, [1, 4, h, w] fp32; taken over.</param>
    /// <param name="started">Timestamp at which preparation began.</param>
    public DenoisingState(Tensor startLatents, long started)
    {
        _started = started;
        _latents = startLatents.DetachFromDisposeScope();
    }

    /// <summary>This image's run.</summary>
    public required Sampler Sampler { get; init; }

    /// <summary>The branches evaluated in each step.</summary>
    public required GuidancePlan Guidance { get; init; }

    /// <summary>This image's noise.</summary>
    public required INoiseSource Noise { get; init; }

    /// <summary>Posterior mode of the source, [1, 4, h, w], not multiplied by the scaling factor.</summary>
    public required Tensor ImageLatents { get; init; }

    /// <summary>States of the instruction, [1, L, D].</summary>
    public required Tensor Text { get; init; }

    /// <summary>States of the negative (normally empty) instruction, [1, L, D].</summary>
    public required Tensor NullText { get; init; }

    /// <summary>Source picture ↔ canvas.</summary>
    public required EditCanvas Canvas { get; init; }

    /// <summary>Tokens that did not fit.</summary>
    public required int DroppedTokens { get; init; }

    /// <summary>Tokens that were read.</summary>
    public required int TextTokens { get; init; }

    /// <summary>The part of <see cref="PrepareTime"/> up to the text states.</summary>
    public required TimeSpan TextTime { get; init; }

    /// <summary>[1, 4, h, w] fp32, not scaled for the model.</summary>
    public Tensor Latents => _latents;

    /// <summary>Time in preparation.</summary>
    public TimeSpan PrepareTime => Stopwatch.GetElapsedTime(_started, _prepared);

    /// <summary>Time from the end of preparation to the last step.</summary>
    public TimeSpan DenoiseTime => Stopwatch.GetElapsedTime(_prepared, _denoised);

    /// <summary>Marks the end of preparation.</summary>
    public void MarkPrepared() => _prepared = _denoised = Stopwatch.GetTimestamp();

    /// <summary>Takes over the latents after a step and the guided output that led there, and counts the step.</summary>
    public void Advance(Tensor nextLatents, Tensor guidedOutput)
    {
        _before?.Dispose();
        _output?.Dispose();
        _before = _latents;
        _output = guidedOutput.DetachFromDisposeScope();
        _latents = nextLatents.DetachFromDisposeScope();
        StepIndex++;
        _denoised = Stopwatch.GetTimestamp();
    }

    /// <summary>The model's estimate of the finished latents, scaled as <see cref="Latents"/>.</summary>
    /// <returns>[1, 4, h, w] fp32, owned by the caller.</returns>
    /// <exception cref="InvalidOperationException">No step was taken yet.</exception>
    public Tensor PredictLatents() =>
        _before is null || _output is null
            ? throw new InvalidOperationException("There is no estimate before the first step.")
            : Sampler.PredictOriginal(StepIndex - 1, _before, _output);

    protected override void Dispose(bool disposing)
    {
        _before?.Dispose();
        _output?.Dispose();
        _latents.Dispose();
        ImageLatents.Dispose();
        Text.Dispose();
        NullText.Dispose();
        Sampler.Dispose();
        (Noise as IDisposable)?.Dispose();
    }
}
