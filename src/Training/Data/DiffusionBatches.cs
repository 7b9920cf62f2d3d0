using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Training.Caching;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>Batches for the UNet: adaptation, task-specific training and alignment.</summary>
/// <param name="format">Shapes and rules.</param>
/// <param name="datasets">The mixture's data sets.</param>
/// <param name="caches">Latents, and perhaps texts, of each data set; null where they are encoded every time.</param>
/// <param name="reader">Which samples come when.</param>
/// <param name="tokenizer">Instructions → ids.</param>
internal sealed class DiffusionBatches(
    DiffusionBatchFormat format,
    IReadOnlyList<IEditDataset> datasets,
    IReadOnlyList<SourceCache>? caches,
    SampleReader reader,
    ClipTokenizer tokenizer
) : IBatchSource
{
    /// <inheritdoc/>
    public long EpochLength => reader.EpochLength;

    /// <inheritdoc/>
    public long BrokenSamples => reader.Broken;

    private bool HasTexts => caches is [{ Texts: not null }, ..];

    /// <inheritdoc/>
    public TrainingBatch Make(long step, int part)
    {
        int rows = format.PartSize;
        int length = format.LatentLength;
        var batch = new Rows(format, cached: caches is not null);
        for (int row = 0; row < rows; row++)
        {
            long position = step * format.BatchSize + part * rows + row;
            (string instruction, string task) = reader.Read(
                position,
                (set, index) =>
                    caches is null
                        ? ReadPictures(set, index, position, batch, row)
                        : ReadLatents(set, index, position, batch, row)
            );
            batch.Tasks[row] = task;
            if (!HasTexts)
            {
                tokenizer.Encode(instruction, format.TokenCount).Ids.CopyTo(batch.Ids, row * format.TokenCount);
            }
            batch.Timesteps[row] = DrawTimestep(position);
            batch.Dropout[row] = (float)new CounterRandom(format.Seed, RandomPurpose.Dropout, position).NextDouble();
            new CounterRandom(format.Seed, RandomPurpose.Noise, position).FillNormal(
                batch.Noise.AsSpan(row * length, length)
            );
            new CounterRandom(format.Seed, RandomPurpose.Posterior, position).FillNormal(
                batch.PosteriorNoise.AsSpan(row * length, length)
            );
        }
        return batch.Finish(NullText());
    }

    private float[]? NullText()
    {
        if (!HasTexts)
        {
            return null;
        }
        TextCache texts = caches![0].Texts!;
        var states = new float[texts.StateLength];
        texts.Read(index: null, wording: 0, states);
        return states;
    }

    private long DrawTimestep(long position)
    {
        double u = new CounterRandom(format.Seed, RandomPurpose.Timestep, position).NextDouble();
        double share = format.TimestepPower == 1 ? u : Math.Pow(u, 1 / format.TimestepPower);
        return Math.Min(format.TrainTimesteps - 1, (long)(share * format.TrainTimesteps));
    }

    private (string, string) ReadPictures(int set, long index, long position, Rows batch, int row)
    {
        EditSample sample = datasets[set]
            .Read(
                index,
                new CounterRandom(format.Seed, RandomPurpose.Augmentation, position),
                new CounterRandom(format.Seed, RandomPurpose.Phrasing, position)
            );
        int length = RgbImage.Channels * format.Resolution * format.Resolution;
        if (format.HasSource)
        {
            PixelArrays.Write(sample.Source, batch.Source.AsSpan(row * length, length));
        }
        PixelArrays.Write(sample.Target, batch.Target.AsSpan(row * length, length));
        return (sample.Instruction, sample.Task);
    }

    private (string, string) ReadLatents(int set, long index, long position, Rows batch, int row)
    {
        (LatentCache latents, TextCache? texts) = caches![set];
        int length = format.LatentLength;
        int variant = new CounterRandom(format.Seed, RandomPurpose.Augmentation, position).Next(latents.Variants);
        latents.Read(
            index,
            variant,
            format.HasSource ? batch.Source.AsSpan(row * length, length) : [],
            batch.Target.AsSpan(row * length, length),
            batch.TargetLogVariance.AsSpan(row * length, length)
        );
        var phrasing = new CounterRandom(format.Seed, RandomPurpose.Phrasing, position);
        if (texts is not null)
        {
            int states = texts.StateLength;
            texts.Read(index, phrasing.Next(texts.Wordings), batch.Texts(states).AsSpan(row * states, states));
        }
        return datasets[set].Describe(index, latents.Augmentation(index, variant), phrasing);
    }

    // Arrays of a batch while it is filled. Source and target hold pixels or latents.
    private sealed class Rows(DiffusionBatchFormat format, bool cached)
    {
        private readonly int _length = cached
            ? format.LatentLength
            : RgbImage.Channels * format.Resolution * format.Resolution;

        public float[] Source => field ??= new float[format.HasSource ? format.PartSize * _length : 0];
        public float[] Target => field ??= new float[format.PartSize * _length];
        public float[] TargetLogVariance => field ??= new float[format.PartSize * _length];
        private float[]? _texts;

        public float[] Texts(int stateLength) => _texts ??= new float[format.PartSize * stateLength];

        public long[] Ids { get; } = new long[format.PartSize * format.TokenCount];
        public long[] Timesteps { get; } = new long[format.PartSize];
        public float[] Noise { get; } = new float[format.PartSize * format.LatentLength];
        public float[] PosteriorNoise { get; } = new float[format.PartSize * format.LatentLength];
        public float[] Dropout { get; } = new float[format.PartSize];
        public string[] Tasks { get; } = new string[format.PartSize];

        public DiffusionBatch Finish(float[]? nullText)
        {
            float[]? source = format.HasSource ? Source : null;
            return new DiffusionBatch(
                cached ? null : new PairPixels(source, Target),
                cached ? new PairLatents(source, Target, TargetLogVariance) : null,
                nullText is null ? null : new TextStates(_texts!, nullText),
                nullText is null ? Ids : [],
                Timesteps,
                Noise,
                PosteriorNoise,
                Dropout,
                Tasks
            );
        }
    }
}
