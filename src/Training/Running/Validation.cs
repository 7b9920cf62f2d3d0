using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Randomness;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Stages;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>Loss and pictures of the averaged weights on samples that are not trained on, the same ones every time.</summary>
internal sealed class Validation : IDisposable
{
    private readonly TrainingRecipe _recipe;
    private readonly TrainingModel _model;
    private readonly StageReplica _replica;
    private readonly IBatchSource _batches;
    private readonly IEditDataset _dataset;

    /// <summary>Prepares it.</summary>
    /// <param name="recipe">Says how much.</param>
    /// <param name="model">Of the run; kept by the caller.</param>
    /// <param name="replica">An instance for the averaged weights; owned by this object.</param>
    /// <param name="batches">Batches of the validation set.</param>
    /// <param name="dataset">The validation set.</param>
    public Validation(
        TrainingRecipe recipe,
        TrainingModel model,
        StageReplica replica,
        IBatchSource batches,
        IEditDataset dataset
    )
    {
        _recipe = recipe;
        _model = model;
        _replica = replica;
        _batches = batches;
        _dataset = dataset;
    }

    /// <summary>Mean loss, and by task.</summary>
    public (double Mean, IReadOnlyDictionary<string, double> ByTask) Losses(TrainingState state)
    {
        using var noGradient = no_grad();
        state.Parameters.Layout.CopyTo(state.Ema.Values, _replica.Trained);
        int part = _recipe.Optimization.MicroBatchSize;
        var losses = new List<(string, float)>();
        for (long step = 0; losses.Count < _recipe.Run.ValidationPairs; step++)
        {
            using var scope = NewDisposeScope();
            TrainingBatch batch = _batches.Make(step, 0);
            Tensor values = _replica.Losses(batch).cpu();
            losses.AddRange(batch.Tasks.Zip(values.data<float>().ToArray()));
        }
        return StepResult.Average(losses);
    }

    /// <summary>A sheet of sources, paintings and targets side by side; call <see cref="Losses"/> first.</summary>
    /// <returns>Null where there is nothing to paint.</returns>
    public RgbImage? Paint()
    {
        int count = _recipe.Run.ValidationPictures;
        if (count == 0 || _recipe.Stage == TrainingStage.Adaptation)
        {
            return null; // a 4-channel UNet paints no edit
        }
        EditSample[] samples = [.. Enumerable.Range(0, count).Select(i => Read(i % _dataset.Count))];
        IReadOnlyList<RgbImage> painted =
            _recipe.Stage == TrainingStage.Autoencoder ? Reconstruct(samples) : Edit(samples);
        return ImageGrid.Tile(
            [.. samples.Zip(painted).SelectMany(p => (RgbImage[])[p.First.Source, p.Second, p.First.Target])],
            6
        );
    }

    /// <inheritdoc/>
    public void Dispose() => _replica.Dispose();

    private EditSample Read(long index) =>
        _dataset.Read(
            index,
            new CounterRandom(_recipe.Seed, RandomPurpose.Augmentation, index, -1),
            new CounterRandom(_recipe.Seed, RandomPurpose.Phrasing, index, -1)
        );

    private List<RgbImage> Reconstruct(EditSample[] samples)
    {
        var vae = (Engine.Models.Autoencoder.AutoencoderKL)_replica.Trained[0].Module;
        var images = new List<RgbImage>();
        using var noGradient = no_grad();
        foreach (EditSample sample in samples)
        {
            using var scope = NewDisposeScope();
            using var posterior = vae.Encode(PixelTensors.ToTensor(sample.Source).to(_model.Device));
            images.Add(PixelTensors.ToImage(vae.Decode(posterior.Mean).cpu()));
        }
        return images;
    }

    private List<RgbImage> Edit(EditSample[] samples)
    {
        var edited = new EditModel
        {
            Tokenizer = _model.Tokenizer,
            TextEncoder =
                _replica.Trained.Select(t => t.Module).OfType<ClipTextModel>().FirstOrDefault() ?? _model.TextEncoder!,
            Autoencoder = _model.Autoencoder,
            UNet = (UNet2DConditionModel)_replica.Trained[0].Module,
            NoiseSchedule = _model.NoiseSchedule,
            Device = _model.Device,
            Description = new ModelDescription
            {
                Name = _recipe.Name,
                IsUntrainedReference = false,
                Family = _recipe.Model.GuidanceFamily,
            },
        };
        var pipeline = new EditPipeline(edited);
        var states = new List<EditState>();
        try
        {
            foreach ((EditSample sample, int i) in samples.Select((sample, i) => (sample, i)))
            {
                states.Add(pipeline.Prepare(RequestFor(sample, i)));
            }
            while (!states[0].IsDenoised)
            {
                pipeline.Step(states);
            }
            return [.. states.Select(state => Finish(pipeline, state))];
        }
        finally
        {
            states.ForEach(state => state.Dispose());
        }
    }

    // Early in training a picture may be no picture yet: grey stands in for it.
    private static RgbImage Finish(EditPipeline pipeline, EditState state)
    {
        try
        {
            return pipeline.Finish(state).Image;
        }
        catch (NonFiniteImageException)
        {
            RgbImage source = state.Request.Image;
            return new RgbImage(source.Width, source.Height, [.. Enumerable.Repeat((byte)128, source.Pixels.Length)]);
        }
    }

    private EditRequest RequestFor(EditSample sample, long seed) =>
        new()
        {
            Image = sample.Source,
            Instruction = sample.Instruction,
            Steps = _recipe.Run.ValidationSteps,
            Seed = seed,
            TextGuidanceScale = _recipe.Run.ValidationTextScale,
            ImageGuidanceScale = _recipe.Run.ValidationImageScale,
            WorkingSize = WorkingSize.Of(new ImageSize(sample.Source.Width, sample.Source.Height)),
        };
}
