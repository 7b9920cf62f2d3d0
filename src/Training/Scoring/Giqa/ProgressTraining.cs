using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Training.Randomness;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Scoring.Giqa;

/// <summary>Teaches a head by gradient descent with momentum, as the released code does: loss, rates, decay and their times.</summary>
/// <param name="settings">How.</param>
/// <param name="seed">Of the first weights and of the order.</param>
internal sealed class ProgressTraining(ProgressSettings settings, long seed)
{
    private const double RateDrop = 0.1;

    /// <summary>Trains.</summary>
    /// <param name="head">Filled and trained in place.</param>
    /// <param name="features">fp32 [N, D].</param>
    /// <param name="labels">fp32 [N, outputs], 0…1.</param>
    /// <param name="onEpoch">Told the mean loss of each epoch.</param>
    /// <param name="cancellationToken">Looked at before each step.</param>
    /// <exception cref="ScoringException">The loss is not finite.</exception>
    public void Run(
        ProgressHead head,
        Tensor features,
        Tensor labels,
        Action<double> onEpoch,
        CancellationToken cancellationToken
    )
    {
        RandomWeights.Fill(head, new CounterRandom(seed, RandomPurpose.Quality, 1).Next(int.MaxValue));
        head.Standardise(features);
        using var scope = NewDisposeScope();
        Tensor[] weights = [.. head.parameters().Where(parameter => parameter.requires_grad)];
        Tensor[] momenta = [.. weights.Select(weight => zeros_like(weight))];
        for (int epoch = 0; epoch < settings.Epochs; epoch++)
        {
            double rate = settings.LearningRate * Math.Pow(RateDrop, 4 * epoch / settings.Epochs);
            double loss = 0;
            foreach (long[] batch in OrderOf(epoch, (int)features.size(0)).Chunk(settings.BatchSize))
            {
                cancellationToken.ThrowIfCancellationRequested();
                using var step = NewDisposeScope();
                Tensor index = tensor(batch);
                loss +=
                    batch.Length
                    * Step(
                        head,
                        features.index_select(0, index),
                        labels.index_select(0, index),
                        weights,
                        momenta,
                        rate
                    );
            }
            loss /= features.size(0);
            if (!double.IsFinite(loss))
            {
                throw new ScoringException($"progress: the loss of epoch {epoch} is {loss}; try a lower rate");
            }
            onEpoch(loss);
        }
    }

    private double Step(
        ProgressHead head,
        Tensor features,
        Tensor labels,
        Tensor[] weights,
        Tensor[] momenta,
        double rate
    )
    {
        Tensor loss = nn.functional.binary_cross_entropy_with_logits(head.call(features), labels);
        IList<Tensor> gradients = autograd.grad([loss], weights);
        using var noGradient = no_grad();
        for (int i = 0; i < weights.Length; i++)
        {
            momenta[i].TimesInPlace(settings.Momentum);
            momenta[i].PlusInPlace(gradients[i]);
            momenta[i].PlusInPlace(weights[i].Times(settings.WeightDecay));
            weights[i].PlusInPlace(momenta[i].Times(-rate));
        }
        return loss.item<float>();
    }

    private long[] OrderOf(int epoch, int count)
    {
        var random = new CounterRandom(seed, RandomPurpose.Quality, 2, epoch);
        long[] order = [.. Enumerable.Range(0, count).Select(i => (long)i)];
        for (int i = count - 1; i > 0; i--)
        {
            int other = random.Next(i + 1);
            (order[i], order[other]) = (order[other], order[i]);
        }
        return order;
    }
}
