using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Planning;

/// <summary>Reckons what a run will take, before it runs.</summary>
public static class TrainingPlanner
{
    private const int Float = sizeof(float);
    private const int Half = 2;

    /// <summary>Gradients by weights and by activations: each as much arithmetic as the forward pass.</summary>
    private const int BackwardPasses = 2;

    /// <summary>Makes the plan; takes about a second for models of Stable Diffusion's size.</summary>
    /// <exception cref="ArgumentException">There is a UNet without a text encoder, or a number is below 1.</exception>
    public static TrainingPlan Plan(PlanInputs inputs)
    {
        ArgumentNullException.ThrowIfNull(inputs);
        Check(inputs);
        List<PlannedPart> parts = Parts(inputs);
        double forward = 0;
        double training = 0;
        double activations = 0;
        foreach (PlannedPass pass in Passes(inputs))
        {
            forward += pass.Cost.Flops;
            training += pass.Cost.Flops * (1 + pass.Repeats + (pass.IsTrained ? BackwardPasses : 0));
            activations += pass.IsTrained ? pass.Cost.Activations : 0;
        }
        return new TrainingPlan
        {
            Parts = parts,
            Memory = Memory(inputs, parts, activations),
            ForwardFlops = forward,
            TrainingFlops = training,
            BatchSize = inputs.BatchSize,
            Steps = inputs.Steps,
            SamplesPerSecond = inputs.GigaFlopsPerSecond is { } rate
                ? rate * 1e9 * inputs.Utilization / training
                : null,
        };
    }

    private static void Check(PlanInputs inputs)
    {
        if (inputs.UNet is null != inputs.TextEncoder is null)
        {
            throw new ArgumentException("inputs: a UNet and a text encoder come together", nameof(inputs));
        }
        (string Name, long Value)[] counts =
        [
            ("resolution", inputs.Resolution),
            ("batch", inputs.BatchSize),
            ("micro-batch", inputs.MicroBatchSize),
            ("workers", inputs.Workers),
            ("steps", inputs.Steps),
        ];
        foreach ((string name, long value) in counts)
        {
            if (value < 1)
            {
                throw new ArgumentException($"{name}: expected at least 1, got {value}", nameof(inputs));
            }
        }
    }

    private static List<PlannedPart> Parts(PlanInputs inputs)
    {
        using var scope = NewDisposeScope();
        using var autoencoder = new AutoencoderKL(inputs.Autoencoder, ModelPlacement.Meta);
        var parts = new List<PlannedPart> { new("vae", Count(autoencoder), inputs.UNet is null) };
        if (inputs.UNet is not null && inputs.TextEncoder is not null)
        {
            using var unet = new UNet2DConditionModel(inputs.UNet, ModelPlacement.Meta);
            using var text = new ClipTextModel(inputs.TextEncoder, ModelPlacement.Meta);
            parts.Insert(0, new PlannedPart("unet", Count(unet), IsTrained: true));
            parts.Insert(1, new PlannedPart("text_encoder", Count(text), inputs.TrainsTextEncoder));
        }
        return parts;
    }

    private static IEnumerable<PlannedPass> Passes(PlanInputs inputs)
    {
        double pixels = (double)inputs.Resolution * inputs.Resolution;
        if (inputs.UNet is not { } unet || inputs.TextEncoder is not { } text)
        {
            yield return new PlannedPass(
                PassCost.OfAutoencoder(inputs.Autoencoder, pixels, decodes: true),
                IsTrained: true,
                Repeats: 0
            );
            yield break;
        }
        double factor = inputs.Autoencoder.DownsamplingFactor;
        yield return new PlannedPass(
            PassCost.OfUNet(
                unet,
                pixels / (factor * factor),
                text.MaxTokens,
                inputs.IsHalfPrecision ? Half : Float,
                inputs.HasActivationCheckpointing
            ),
            IsTrained: true,
            Repeats: inputs.HasActivationCheckpointing ? 1 : 0
        );
        if (inputs.EncodesTexts)
        {
            yield return new PlannedPass(PassCost.OfText(text), inputs.TrainsTextEncoder, Repeats: 0);
        }
        if (inputs.EncodedPictures > 0)
        {
            PassCost encoding = PassCost.OfAutoencoder(inputs.Autoencoder, pixels, decodes: false);
            for (int picture = 0; picture < inputs.EncodedPictures; picture++)
            {
                yield return new PlannedPass(encoding, IsTrained: false, Repeats: 0);
            }
        }
    }

    private static PlannedMemory Memory(PlanInputs inputs, List<PlannedPart> parts, double activations)
    {
        double trained = parts.Where(part => part.IsTrained).Sum(part => part.Parameters);
        double all = parts.Sum(part => part.Parameters);
        double lowered = inputs.IsHalfPrecision ? trained * Half : 0;
        return new PlannedMemory(
            Weights: (all * Float) + lowered,
            Gradients: inputs.Workers * ((trained * Float) + lowered),
            Optimizer: 2 * trained * Float,
            Ema: inputs.HasEma ? trained * Float : 0,
            Validation: inputs.HasValidation ? trained * Float : 0,
            Activations: inputs.Workers * inputs.MicroBatchSize * activations
        );
    }

    private static long Count(nn.Module model) => model.parameters().Sum(parameter => parameter.numel());

    /// <param name="Cost">Of one sample.</param>
    /// <param name="IsTrained">A backward pass follows.</param>
    /// <param name="Repeats">How often it is computed again in the backward pass.</param>
    private sealed record PlannedPass(PassCost Cost, bool IsTrained, int Repeats);
}
