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
    public IBatchSource Make(IReadOnlyList<IEditDataset> datasets, IReadOnlyList<LatentCache>? caches)
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

    /// <summary>Opens the latents of every data set, making what is missing; null when the recipe has no cache.</summary>
    public IReadOnlyList<LatentCache>? OpenCaches(
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
        var caches = new List<LatentCache>();
        try
        {
            foreach (IEditDataset dataset in datasets)
            {
                LatentCacheKey key = LatentCacheBuilder.KeyOf(
                    dataset,
                    model.Autoencoder.Config,
                    autoencoder,
                    recipe.Data.Resolution,
                    recipe.Seed,
                    recipe.Data.CacheVariants
                );
                string folder = Path.Combine(root, $"{dataset.Name}-{dataset.Fingerprint[..12]}");
                var progress = new WorkProgress(
                    line,
                    $"latents of {dataset.Name}",
                    "pairs",
                    key.Count * key.Variants,
                    TimeProvider.System
                );
                new LatentCacheBuilder(dataset, model.Autoencoder, device, recipe.Data.Resolution, key).Build(
                    folder,
                    threads,
                    progress.Report,
                    stop
                );
                progress.Complete();
                caches.Add(LatentCache.Open(folder, key));
            }
            return caches;
        }
        catch
        {
            caches.ForEach(cache => cache.Dispose());
            throw;
        }
    }

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
