using System.Security.Cryptography;
using InstructDiffusion.Training.Caching;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Models;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Running;

/// <summary>Makes the batches a recipe asks for, and the cache of latents they are read from.</summary>
/// <param name="recipe">Checked.</param>
/// <param name="model">Of the run.</param>
/// <param name="say">Told of broken samples.</param>
internal sealed class BatchSources(TrainingRecipe recipe, TrainingModel model, Action<string> say)
{
    // Beyond these a data set's damage is counted, not told one by one.
    private const int BrokenTold = 20;

    private int _told;

    /// <summary>Batches of these data sets, weighted as the recipe's sources.</summary>
    public IBatchSource Make(IReadOnlyList<IEditDataset> datasets, IReadOnlyList<SourceCache>? caches)
    {
        bool training = datasets.Count == recipe.Data.Sources.Count;
        var mixture = new Mixture(
            recipe.Seed,
            [.. datasets.Select((set, i) => (set.Count, training ? recipe.Data.Sources[i].Weight : 1))]
        );
        var reader = new SampleReader(recipe.Seed, mixture, Tell);
        int side = recipe.Data.Resolution / model.Autoencoder.Config.DownsamplingFactor;
        int latents = model.Autoencoder.Config.LatentChannels * side * side;
        OptimizationRecipe sizes = recipe.Optimization;
        if (recipe.Stage == TrainingStage.Autoencoder)
        {
            return new PictureBatches(
                recipe.Seed,
                datasets,
                reader,
                recipe.Data.Resolution,
                latents,
                sizes.BatchSize,
                sizes.MicroBatchSize
            );
        }
        var format = new DiffusionBatchFormat
        {
            Seed = recipe.Seed,
            Resolution = recipe.Data.Resolution,
            LatentLength = latents,
            TokenCount = model.TextEncoder!.Config.MaxTokens,
            TrainTimesteps = model.NoiseSchedule.TrainTimesteps,
            TimestepPower = recipe.Loss.TimestepPower,
            BatchSize = sizes.BatchSize,
            PartSize = sizes.MicroBatchSize,
            HasSource = recipe.Stage != TrainingStage.Adaptation,
        };
        return new DiffusionBatches(format, datasets, caches, reader, model.Tokenizer);
    }

    /// <summary>Opens what is cached of every data set, making what is missing; null when the recipe has no cache.</summary>
    public IReadOnlyList<SourceCache>? OpenCaches(
        IReadOnlyList<IEditDataset> datasets,
        Device device,
        int threads,
        ProgressLine line,
        CancellationToken stop
    )
    {
        if (recipe.Data.Cache is not { } root)
        {
            return null;
        }
        string autoencoder = WeightsHash(model.Autoencoder);
        string? text = recipe.Data.CacheWordings > 0 ? WeightsHash(model.TextEncoder!) : null;
        var caches = new List<SourceCache>();
        try
        {
            foreach (IEditDataset dataset in datasets)
            {
                string folder = Path.Combine(root, $"{dataset.Name}-{dataset.Fingerprint[..12]}");
                LatentCache latents = OpenLatents(dataset, autoencoder, folder, device, threads, line, stop);
                caches.Add(new SourceCache(latents, null));
                if (text is not null)
                {
                    TextCache texts = OpenTexts(dataset, text, folder + "-texts", device, threads, line, stop);
                    caches[^1] = caches[^1] with { Texts = texts };
                }
            }
            return caches;
        }
        catch
        {
            caches.ForEach(cache => cache.Dispose());
            throw;
        }
    }

    private LatentCache OpenLatents(
        IEditDataset dataset,
        string autoencoder,
        string folder,
        Device device,
        int threads,
        ProgressLine line,
        CancellationToken stop
    )
    {
        var source = new LatentCacheSource
        {
            Dataset = dataset,
            Autoencoder = model.Autoencoder,
            AutoencoderHash = autoencoder,
            Device = device,
            Resolution = recipe.Data.Resolution,
            Seed = recipe.Seed,
            Variants = recipe.Data.CacheVariants,
        };
        WorkProgress progress = Progress(line, $"latents of {dataset.Name}", source.Format);
        LatentCache cache = LatentCache.Open(folder, source, threads, progress.Report, stop);
        progress.Complete();
        return cache;
    }

    private TextCache OpenTexts(
        IEditDataset dataset,
        string textEncoder,
        string folder,
        Device device,
        int threads,
        ProgressLine line,
        CancellationToken stop
    )
    {
        var source = new TextCacheSource
        {
            Dataset = dataset,
            TextEncoder = model.TextEncoder!,
            TextEncoderHash = textEncoder,
            Tokenizer = model.Tokenizer,
            Device = device,
            Seed = recipe.Seed,
            Wordings = recipe.Data.CacheWordings,
        };
        WorkProgress progress = Progress(line, $"texts of {dataset.Name}", source.Format);
        TextCache cache = TextCache.Open(folder, source, threads, progress.Report, stop);
        progress.Complete();
        return cache;
    }

    private static WorkProgress Progress(ProgressLine line, string name, RecordCacheFormat format) =>
        new(line, name, "records", format.Count, TimeProvider.System);

    private static string WeightsHash(nn.Module module)
    {
        using var scope = NewDisposeScope();
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach ((_, Tensor value) in module.state_dict().OrderBy(entry => entry.Key, StringComparer.Ordinal))
        {
            hash.AppendData(value.detach().cpu().contiguous().bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private void Tell(BrokenSampleException broken)
    {
        if (Interlocked.Increment(ref _told) <= BrokenTold)
        {
            say($"skipped: {broken.Message}");
        }
    }
}
