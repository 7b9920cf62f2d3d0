using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data;

/// <summary>Batches for the autoencoder: sources and targets of pairs alike, half and half.</summary>
/// <param name="seed">Of the run.</param>
/// <param name="datasets">The mixture's data sets.</param>
/// <param name="reader">Which samples come when.</param>
/// <param name="resolution">Side of the pictures.</param>
/// <param name="latentsPerPicture">C·h·w of the posterior.</param>
/// <param name="batchSize">Samples a step.</param>
/// <param name="partSize">Samples a part.</param>
public sealed class PictureBatches(
    long seed,
    IReadOnlyList<IEditDataset> datasets,
    SampleReader reader,
    int resolution,
    int latentsPerPicture,
    int batchSize,
    int partSize
) : IBatchSource
{
    /// <inheritdoc/>
    public long EpochLength => reader.EpochLength;

    /// <inheritdoc/>
    public long BrokenSamples => reader.Broken;

    /// <inheritdoc/>
    public TrainingBatch Make(long step, int part)
    {
        int rowLength = RgbImage.Channels * resolution * resolution;
        var pixels = new float[partSize * rowLength];
        var noise = new float[partSize * latentsPerPicture];
        var tasks = new string[partSize];
        for (int row = 0; row < partSize; row++)
        {
            long position = step * batchSize + part * partSize + row;
            EditSample sample = reader.Read(position, (set, index) => Read(datasets[set], index, position));
            bool target = new CounterRandom(seed, RandomPurpose.Dropout, position).Chance(0.5);
            PixelArrays.Write(target ? sample.Target : sample.Source, pixels.AsSpan(row * rowLength, rowLength));
            new CounterRandom(seed, RandomPurpose.Posterior, position).FillNormal(
                noise.AsSpan(row * latentsPerPicture, latentsPerPicture)
            );
            tasks[row] = sample.Task;
        }
        return new PictureBatch(pixels, resolution, resolution, noise, tasks);
    }

    private EditSample Read(IEditDataset dataset, long index, long position) =>
        dataset.Read(
            index,
            new CounterRandom(seed, RandomPurpose.Augmentation, position),
            new CounterRandom(seed, RandomPurpose.Phrasing, position)
        );
}
