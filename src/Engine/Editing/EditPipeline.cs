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
    private readonly EditLayout _layout;
    private readonly TiledAutoencoder _autoencoder;
    private readonly EditEncoder _encoder;
    private LatentPreview? _preview;

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
        options ??= new EditPipelineOptions();
        _model = model;
        _layout = new EditLayout(model, options);
        _autoencoder = new TiledAutoencoder(model.Autoencoder, options.MaxWholePixels);
        _encoder = new EditEncoder(model, _autoencoder, cache, options.MaxWholePixels);
    }

    /// <inheritdoc/>
    public EditShape Measure(EditRequest request, ImageSize source)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Validate();
        using Sampler sampler = _layout.CreateSampler(request);
        return new EditShape(
            _layout.CanvasOf(request, source),
            _layout.GuidanceOf(request).Rows,
            sampler.Timesteps.Count
        );
    }

    /// <inheritdoc/>
    public EditState Prepare(EditRequest request) => Prepare([request])[0];

    /// <inheritdoc/>
    public IReadOnlyList<EditState> Prepare(IReadOnlyList<EditRequest> requests) =>
        Prepare(requests, request => new NoiseSource(request.Seed));

    /// <summary>As <see cref="Prepare(EditRequest)"/>, with the noise of the caller's choice, e.g. recorded by a reference.</summary>
    /// <param name="request">What to do; its seed is not used.</param>
    /// <param name="noise">Taken over: the first draw starts the run, later ones go to the sampler.</param>
    public EditState Prepare(EditRequest request, INoiseSource noise) => Prepare([request], _ => noise)[0];

    private List<DenoisingState> Prepare(IReadOnlyList<EditRequest> requests, Func<EditRequest, INoiseSource> noiseOf)
    {
        ArgumentNullException.ThrowIfNull(requests);
        long started = Stopwatch.GetTimestamp();
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();

        // 1. the requests, checked before anything is computed; their canvases
        EditCanvas[] canvases = [.. requests.Select(CheckedCanvas)];

        // 2. instructions → states [1, L, D], the negative ones behind
        TokenizedText[] texts =
        [
            .. requests.Select(request => _encoder.Tokenize(request.Instruction)),
            .. requests.Select(request => _encoder.Tokenize(request.NegativeInstruction)),
        ];
        IReadOnlyList<Tensor> textStates = _encoder.EncodeTexts(texts, alone: requests.Count == 1);
        TimeSpan textTime = Stopwatch.GetElapsedTime(started);

        // 3. source pictures → latents [1, 4, h, w], the posterior's mode, not scaled
        IReadOnlyList<Tensor> images = _encoder.EncodeImages([
            .. requests.Zip(canvases, (request, canvas) => (request.Image, canvas)),
        ]);

        // 4. per edit: how many model calls, which branches in each, noise [1, 4, h, w]
        var states = new List<DenoisingState>();
        try
        {
            for (int i = 0; i < requests.Count; i++)
            {
                EditRequest request = requests[i];
                Sampler sampler = _layout.CreateSampler(request);
                GuidancePlan guidance = _layout.GuidanceOf(request);
                INoiseSource noise = noiseOf(request);
                Tensor start = noise.Next(images[i].shape).to(_model.Device).Times(sampler.InitialNoiseScale);
                var state = new DenoisingState(start, started)
                {
                    Request = request,
                    WorkingSize = canvases[i].Size,
                    StepCount = sampler.Timesteps.Count,
                    Rows = guidance.Rows,
                    Sampler = sampler,
                    Guidance = guidance,
                    Noise = noise,
                    ImageLatents = images[i].clone().DetachFromDisposeScope(),
                    Text = textStates[i].clone().DetachFromDisposeScope(),
                    NullText = textStates[requests.Count + i].clone().DetachFromDisposeScope(),
                    Canvas = canvases[i],
                    DroppedTokens = texts[i].DroppedTokens,
                    TextTokens = texts[i].TokenCount - texts[i].DroppedTokens,
                    TextTime = textTime,
                };
                state.MarkPrepared();
                states.Add(state);
            }
        }
        catch
        {
            states.ForEach(state => state.Dispose());
            throw;
        }
        return states;
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
        var guided = new Tensor[states.Length]; // [1, 4, h, w] each
        var next = new Tensor[states.Length];
        long row = 0;
        for (int i = 0; i < states.Length; i++)
        {
            DenoisingState state = states[i];
            guided[i] = state.Guidance.Combine(outputs.narrow(0, row, state.Rows));
            next[i] = state.Sampler.Step(state.StepIndex, state.Latents, guided[i], state.Noise);
            row += state.Rows;
        }
        for (int i = 0; i < states.Length; i++)
        {
            states[i].Advance(next[i], guided[i]);
        }
    }

    /// <inheritdoc/>
    public RgbImage Preview(EditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        var denoising = (DenoisingState)state;
        _preview ??= LatentPreview.Fit(_model.Autoencoder, _model.Device);
        Tensor latents = denoising.PredictLatents().Over(_model.Autoencoder.Config.ScalingFactor);
        return _preview.Picture(latents, denoising.Canvas);
    }

    /// <inheritdoc/>
    public EditResult Finish(EditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        long started = Stopwatch.GetTimestamp();
        var denoising = (DenoisingState)state;
        Tensor latents = state.IsDenoised ? denoising.Latents : denoising.PredictLatents();
        RgbImage image = Decode(latents.Over(_model.Autoencoder.Config.ScalingFactor), denoising.Canvas);
        // The source's latents were never scaled.
        RgbImage? roundTrip = state.Request.IncludeRoundTrip ? Decode(denoising.ImageLatents, denoising.Canvas) : null;
        return new EditResult
        {
            Image = image,
            RoundTrip = roundTrip,
            WorkingSize = state.WorkingSize,
            Finish = state.IsDenoised ? EditFinish.Completed : EditFinish.Deadline,
            StepsDone = state.StepIndex,
            DroppedTokens = denoising.DroppedTokens,
            TextTokens = denoising.TextTokens,
            PrepareTime = denoising.PrepareTime,
            TextTime = denoising.TextTime,
            DenoiseTime = denoising.DenoiseTime,
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

    private EditCanvas CheckedCanvas(EditRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        var source = new ImageSize(request.Image.Width, request.Image.Height);
        return new EditCanvas(source, Measure(request, source).WorkingSize, request.Placement);
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
}
