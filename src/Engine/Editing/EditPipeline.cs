using System.Diagnostics;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Editing;

/// <summary>
/// An instruction edit from picture to picture: start reading here. Library, command line and server make the same three
/// calls; nothing else knows how an edit is made.
/// </summary>
/// <remarks>
/// B batch rows, h w latent sides, L text tokens, D text features. The source's latents are the posterior mode and never
/// multiplied by the scaling factor, as the weights were trained (Brooks et al. 2023; Geng et al. 2024).
/// </remarks>
public sealed class EditPipeline : IEditPipeline
{
    private readonly EditModel _model;
    private readonly EditPipelineOptions _options;
    private readonly ConditioningCache? _cache;
    private readonly TiledAutoencoder _autoencoder;

    /// <summary>A pipeline over <paramref name="model"/>, which the caller keeps and disposes.</summary>
    /// <param name="model">The weights.</param>
    /// <param name="options">Limits; null for the defaults.</param>
    /// <param name="cache">Texts and pictures met before, of these very weights; the caller disposes it. Null remembers none.</param>
    /// <exception cref="ArgumentException">The UNet does not take noisy and source latents.</exception>
    public EditPipeline(EditModel model, EditPipelineOptions? options = null, ConditioningCache? cache = null)
    {
        ArgumentNullException.ThrowIfNull(model);
        int wanted = 2 * model.Autoencoder.Config.LatentChannels;
        if (model.UNet.Config.InChannels != wanted)
        {
            throw new ArgumentException(
                $"editing needs a UNet with {wanted} input channels (noisy and source latents), this one has {model.UNet.Config.InChannels}",
                nameof(model)
            );
        }
        _model = model;
        _options = options ?? new EditPipelineOptions();
        _cache = cache;
        _autoencoder = new TiledAutoencoder(model.Autoencoder, _options.MaxWholePixels);
    }

    /// <inheritdoc/>
    public EditState Prepare(EditRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        return Prepare(request, new NoiseSource(request.Seed));
    }

    /// <summary>As <see cref="Prepare(EditRequest)"/>, with the noise of the caller's choice, e.g. recorded by a reference.</summary>
    /// <param name="request">What to do; its seed is not used.</param>
    /// <param name="noise">Taken over: the first draw starts the run, later ones go to the sampler.</param>
    public EditState Prepare(EditRequest request, INoiseSource noise)
    {
        ArgumentNullException.ThrowIfNull(request);
        ArgumentNullException.ThrowIfNull(noise);
        long started = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();

        // 1. the request, checked; the canvas
        request.Validate();
        ImageSize size = FindWorkingSize(request);
        var source = new ImageSize(request.Image.Width, request.Image.Height);
        var canvas = new EditCanvas(source, size, request.Placement);

        // 2. how many model calls, and which branches in each
        Sampler sampler = CreateSampler(request);
        GuidancePlan guidance = GuidancePlan.Create(
            _model.Description.Family,
            request.TextGuidanceScale,
            request.ImageGuidanceScale
        );

        // 3. instruction → states [1, L, D], each text by itself, so that its states depend on nothing else
        TokenizedText instruction = Tokenize(request.Instruction);
        Tensor text = EncodeText(instruction);
        Tensor nullText = EncodeText(Tokenize(request.NegativeInstruction));
        TimeSpan textTime = Stopwatch.GetElapsedTime(started);

        // 4. source picture → latents [1, 4, h, w], the posterior's mode, not scaled
        Tensor imageLatents = EncodeSource(request.Image, canvas);

        // 5. noise [1, 4, h, w]
        Tensor start = noise.Next(imageLatents.shape).to(_model.Device).Times(sampler.InitialNoiseScale);

        var state = new DenoisingState(start, started)
        {
            Request = request,
            WorkingSize = size,
            StepCount = sampler.Timesteps.Count,
            Rows = guidance.Rows,
            Sampler = sampler,
            Guidance = guidance,
            Noise = noise,
            ImageLatents = imageLatents.DetachFromDisposeScope(),
            Text = text.DetachFromDisposeScope(),
            NullText = nullText.DetachFromDisposeScope(),
            Canvas = canvas,
            DroppedTokens = instruction.DroppedTokens,
            TextTime = textTime,
        };
        state.MarkPrepared();
        return state;
    }

    /// <inheritdoc/>
    public void Step(IReadOnlyList<EditState> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        DenoisingState[] states = [.. batch.Cast<DenoisingState>()];

        // 1. every branch of every edit is one row with its own time
        using UNetRows rows = UNetRows.Of(states);
        Tensor outputs = _model.UNet.call(rows.Samples, rows.Timesteps, rows.Context); // [B, 4, h, w]

        // 2. per edit: guidance, then the sampler. All next latents exist before the first edit advances, so that a failure
        //    leaves every edit where it was.
        var next = new Tensor[states.Length];
        long row = 0;
        for (int i = 0; i < states.Length; i++)
        {
            DenoisingState state = states[i];
            Tensor guided = state.Guidance.Combine(outputs.narrow(0, row, state.Rows)); // [1, 4, h, w]
            next[i] = state.Sampler.Step(state.StepIndex, state.Latents, guided, state.Noise);
            row += state.Rows;
        }
        for (int i = 0; i < states.Length; i++)
        {
            states[i].Advance(next[i]);
        }
    }

    /// <inheritdoc/>
    public EditResult Finish(EditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        long started = Stopwatch.GetTimestamp();
        var denoised = (DenoisingState)state;
        Tensor latents = denoised.Latents.Over(_model.Autoencoder.Config.ScalingFactor);
        RgbImage image = Decode(latents, denoised.Canvas);
        // The source's latents were never scaled.
        RgbImage? roundTrip = state.Request.IncludeRoundTrip ? Decode(denoised.ImageLatents, denoised.Canvas) : null;
        return new EditResult
        {
            Image = image,
            RoundTrip = roundTrip,
            WorkingSize = state.WorkingSize,
            DroppedTokens = denoised.DroppedTokens,
            PrepareTime = denoised.PrepareTime,
            TextTime = denoised.TextTime,
            DenoiseTime = denoised.DenoiseTime,
            FinishTime = Stopwatch.GetElapsedTime(started),
        };
    }

    /// <summary>A whole edit on the calling thread: the same three calls with a batch of one.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="onStep">Told after each step: steps done, steps in all.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="InvalidEditException">The request cannot be done by this model.</exception>
    /// <exception cref="NonFiniteImageException">The decoded picture holds NaN or infinity.</exception>
    public EditResult Run(
        EditRequest request,
        Action<int, int>? onStep = null,
        CancellationToken cancellationToken = default
    )
    {
        using EditState state = Prepare(request);
        while (!state.IsDenoised)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Step([state]);
            onStep?.Invoke(state.StepIndex, state.StepCount);
        }
        return Finish(state);
    }

    private Tensor EncodeText(TokenizedText text)
    {
        return _cache?.TextStates(text.Ids, Encode) ?? Encode();

        Tensor Encode() => _model.TextEncoder.call(tensor(text.Ids).view(1, -1).to(_model.Device)); // [1, L, D]
    }

    private Tensor EncodeSource(RgbImage image, EditCanvas canvas)
    {
        return _cache?.SourceLatents(image, canvas, Encode) ?? Encode();

        Tensor Encode()
        {
            Tensor pixels = PixelTensors.ToTensor(canvas.Place(image)).to(_model.Device); // [1, 3, H, W]
            return _autoencoder.EncodeMode(pixels); // [1, 4, h, w]
        }
    }

    private RgbImage Decode(Tensor latents, EditCanvas canvas)
    {
        Tensor decoded = _autoencoder.Decode(latents).cpu(); // [1, 3, H, W]
        if (!PixelTensors.IsFinite(decoded))
        {
            throw new NonFiniteImageException(PixelTensors.IsFinite(latents) ? "image decoder" : "denoising");
        }
        return canvas.Restore(PixelTensors.ToImage(decoded));
    }

    private Sampler CreateSampler(EditRequest request)
    {
        int most = SamplerFactory.MaxSteps(request.Sampler, _model.NoiseSchedule);
        if (request.Steps > most)
        {
            throw new InvalidEditException("steps", $"must be at most {most} with this sampler, got {request.Steps}");
        }
        return SamplerFactory.Create(request.Sampler, _model.NoiseSchedule, request.Steps, request.Eta);
    }

    private ImageSize FindWorkingSize(EditRequest request)
    {
        WorkingSize wanted =
            request.WorkingSize ?? WorkingSize.Of(_model.Description.DefaultResolution, _model.Description.SizeRule);
        if (wanted.Exact is { } exact)
        {
            int multiple = _model.Autoencoder.Config.DownsamplingFactor;
            int least = WorkingSizeRules.Multiple;
            if (exact.Width < least || exact.Height < least || exact.Width % multiple + exact.Height % multiple > 0)
            {
                throw new InvalidEditException(
                    "size",
                    $"sides must be multiples of {multiple} and at least {least}, got {exact}"
                );
            }
            return exact.PixelCount <= _options.WorkingSizeLimits.MaxPixels
                ? exact
                : throw new InvalidEditException(
                    "size",
                    $"may have at most {_options.WorkingSizeLimits.MaxPixels} pixels, got {exact}"
                );
        }
        if (wanted.Resolution < WorkingSizeRules.Multiple)
        {
            throw new InvalidEditException(
                "size",
                $"must be at least {WorkingSizeRules.Multiple}, got {wanted.Resolution}"
            );
        }
        try
        {
            var source = new ImageSize(request.Image.Width, request.Image.Height);
            return wanted.Rule.Apply(source, wanted.Resolution, _options.WorkingSizeLimits);
        }
        catch (WorkingSizeException e)
        {
            throw new InvalidEditException("size", $"does not suit the image: {e.Message}");
        }
    }

    private TokenizedText Tokenize(string text) => _model.Tokenizer.Encode(text, _model.TextEncoder.Config.MaxTokens);
}
