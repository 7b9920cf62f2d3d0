using System.Text.Json;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;
using InstructDiffusion.Training.Stages;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Some steps of training on one batch: loss, gradients, AdamW and the weight average after each.</summary>
public sealed class TrainingParityTests
{
    private const string File = "training_tiny.safetensors";
    private const string Prefix = "unet";

    // What the manifest recommends in words.
    private const double LossTolerance = 1e-5;
    private const double NormTolerance = 1e-4;
    private const double ChecksumTolerance = 1e-6;
    private const double ElementTolerance = 2e-6;
    private const double DifferingShare = 0.005;

    private static readonly TensorFile Data = Fixture.Default.Tensors(File);
    private static readonly JsonElement Numbers = JsonDocument
        .Parse(System.IO.File.ReadAllBytes(Fixture.Default.Path("training_tiny.json")))
        .RootElement;

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Steps_OnTheReferenceBatch_MatchTorch(bool checkpointActivations)
    {
        using var scope = NewDisposeScope();
        UNet2DConditionModel unet = ReferenceModels.UNet(prepared: false, "diffusers", "unet");
        unet.train();
        unet.CheckpointActivations = checkpointActivations;
        using var parameters = new FlatParameters((Prefix, unet));
        using FlatReplica replica = parameters.Attach((Prefix, unet));
        using var optimizer = new FusedAdamW(parameters.Values, Options());
        using var average = new FlatEma(parameters.Values, Numbers.GetProperty("ema").GetProperty("decay").GetDouble());
        double rate = Numbers.GetProperty("adamw").GetProperty("lr").GetDouble();
        double[] losses = Doubles(Numbers.GetProperty("loss_after_steps"));
        for (int step = 0; step < losses.Length; step++)
        {
            using var stepScope = NewDisposeScope();
            replica.Clear();
            Tensor perSample = PerSampleLoss(unet, check: step == 0);
            Tensor loss = perSample.mean();
            ActivationCheckpoint.Backward(loss);
            CheckRelative([loss.item<float>()], [losses[step]], LossTolerance, "loss");
            CheckGradients(unet, replica, step);
            if (step == 0)
            {
                double[] expected = Doubles(Numbers.GetProperty("per_sample_loss_step0"));
                CheckRelative(Values(perSample), expected, LossTolerance, "per_sample_loss_step0");
            }

            optimizer.Step(replica.Gradients, rate);
            average.Update(parameters.Values);

            CheckParameters(unet, step + 1);
            CheckAverage(parameters.Layout, average, step + 1);
        }
    }

    private static AdamWOptions Options()
    {
        JsonElement adamw = Numbers.GetProperty("adamw");
        double[] betas = Doubles(adamw.GetProperty("betas"));
        return new AdamWOptions
        {
            Beta1 = betas[0],
            Beta2 = betas[1],
            Epsilon = adamw.GetProperty("eps").GetDouble(),
            WeightDecay = adamw.GetProperty("weight_decay").GetDouble(),
        };
    }

    private static Tensor PerSampleLoss(UNet2DConditionModel unet, bool check)
    {
        string config = Fixture.Default.Path("diffusers", "scheduler", "scheduler_config.json");
        var schedule = new NoiseSchedule(NoiseScheduleConfig.Load(config));
        Tensor latents = Data.Tensor("x0");
        Tensor noise = Data.Tensor("noise");
        long[] timesteps = Data.Longs("timesteps");
        Tensor noisy = schedule.AddNoise(latents, noise, timesteps);
        Tensor prediction = unet.call(
            cat([noisy, Data.Tensor("image_latents")], 1),
            Data.Tensor("timesteps"),
            Data.Tensor("encoder_hidden_states")
        );
        if (check)
        {
            CheckScaled(noisy, "noisy");
            CheckScaled(prediction, "pred_step0");
        }
        return new DiffusionLoss(schedule).PerSample(prediction, latents, noise, timesteps);
    }

    private static void CheckGradients(UNet2DConditionModel unet, FlatReplica replica, int step)
    {
        (string name, double norm)[] norms =
        [
            .. unet.named_parameters()
                .Select(p => (p.name, p.parameter.grad!.to(ScalarType.Float64).norm().item<double>())),
        ];
        double expectedTotal = Doubles(Numbers.GetProperty("grad_norm_total"))[step];
        CheckRelative([GradientClipping.Norm(replica.Gradients)], [expectedTotal], NormTolerance, "grad_norm_total");
        if (step > 0)
        {
            return;
        }
        JsonElement every = Numbers.GetProperty("grad_norm_every_parameter");
        Assert.Equal(every.EnumerateObject().Count(), norms.Length);
        CheckRelative(
            [.. norms.Select(entry => entry.norm)],
            [.. norms.Select(entry => every.GetProperty(entry.name).GetDouble())],
            NormTolerance,
            "grad_norm_every_parameter"
        );
        foreach ((string name, Parameter parameter) in unet.named_parameters())
        {
            if (Data.Has($"grad.{name}"))
            {
                double atol = Numbers
                    .GetProperty("tolerance")
                    .GetProperty(name)
                    .GetProperty("grad")
                    .GetProperty("recommended_atol")
                    .GetDouble();
                Fixture.AssertClose(parameter.grad!, Data.Tensor($"grad.{name}"), atol, $"training_tiny/grad.{name}");
            }
        }
    }

    private static void CheckParameters(UNet2DConditionModel unet, int step)
    {
        (string name, double[] values)[] parameters =
        [
            .. unet.named_parameters().Select(p => (p.name, Values(p.parameter))),
        ];
        CheckTotals(
            parameters.Select(p => p.values),
            Numbers.GetProperty("param_total_after_step")[step - 1],
            $"param_total_after_step{step}"
        );
        CheckElements(parameters, "param", step);
        if (Numbers.TryGetProperty($"param_checksum_after_step{step}_sum_abssum_l2", out JsonElement checksums))
        {
            CheckChecksums(unet, checksums, 1, Absolute, $"param_checksum_after_step{step}.abs_sum");
            CheckChecksums(unet, checksums, 2, Euclidean, $"param_checksum_after_step{step}.l2");
        }
    }

    private static double Absolute(double[] values) => values.Sum(Math.Abs);

    private static double Euclidean(double[] values) => Math.Sqrt(values.Sum(value => value * value));

    private static void CheckChecksums(
        UNet2DConditionModel unet,
        JsonElement checksums,
        int index,
        Func<double[], double> checksum,
        string name
    )
    {
        double[] errors =
        [
            .. unet.named_parameters()
                .Select(p => ChecksumError(p.parameter, checksum, checksums.GetProperty(p.name)[index].GetDouble())),
        ];
        Fixture.AssertClose(errors, new double[errors.Length], ChecksumTolerance, $"training_tiny/{name} (relative)");
    }

    // Relative error of a sum or norm of values, less what elements may add whose gradient is lost in rounding (below the
    // manifest's floor of 4e-6 of the largest): AdamW's first step is the learning rate times the sign of the gradient.
    private static double ChecksumError(Parameter parameter, Func<double[], double> checksum, double expected)
    {
        double[] gradients = Array.ConvertAll(Values(parameter.grad!), Math.Abs);
        double floor = 4e-6 * gradients.Max();
        double rate = Numbers.GetProperty("adamw").GetProperty("lr").GetDouble();
        double undecided = 2 * rate * gradients.Count(gradient => gradient < floor);
        double error = Math.Abs(checksum(Values(parameter)) - expected);
        return Math.Max(0, error - undecided) / expected;
    }

    private static void CheckAverage(FlatLayout layout, FlatEma average, int step)
    {
        double[] decays = Doubles(Numbers.GetProperty("ema").GetProperty("effective_decay"));
        CheckRelative([average.EffectiveDecay], [decays[step - 1]], 1e-12, "ema.effective_decay");
        (string name, double[] values)[] shadows =
        [
            .. layout.Named(average.Values, Prefix).Select(s => (s.Key, Values(s.Value))),
        ];
        CheckTotals(
            shadows.Select(s => s.values),
            Numbers.GetProperty($"ema_total_after_step{step}"),
            $"ema_total_after_step{step}"
        );
        CheckElements(shadows, "ema", step);
    }

    // AdamW's first steps move an element whose gradient is nearly 0 by the learning rate in a direction that rounding
    // decides, so the share of the elements that differ is what counts.
    private static void CheckElements((string name, double[] values)[] tensors, string kind, int step)
    {
        foreach ((string name, double[] values) in tensors)
        {
            string recorded = $"{kind}_after_step{step}.{name}";
            if (Data.Has(recorded))
            {
                double[] expected = Data.Doubles(recorded);
                int differing = values
                    .Zip(expected)
                    .Count(pair => !(Math.Abs(pair.First - pair.Second) <= ElementTolerance));
                double share = (double)differing / expected.Length;
                Fixture.AssertClose([share], [0], DifferingShare, $"training_tiny/{recorded} (share that differs)");
            }
        }
    }

    // [sum, sum of absolutes] of everything; the plain sum cancels, so it is held to the size of the other.
    private static void CheckTotals(IEnumerable<double[]> tensors, JsonElement expected, string name)
    {
        double sum = 0;
        double absolute = 0;
        foreach (double[] values in tensors)
        {
            sum += values.Sum();
            absolute += values.Sum(Math.Abs);
        }
        double[] wanted = Doubles(expected);
        Fixture.AssertClose([sum, absolute], wanted, ChecksumTolerance * wanted[1], $"training_tiny/{name}");
    }

    private static void CheckRelative(double[] actual, double[] expected, double rtol, string name)
    {
        double[] ratios = [.. actual.Zip(expected, (a, e) => a / e)];
        Fixture.AssertClose(ratios, [.. expected.Select(_ => 1.0)], rtol, $"training_tiny/{name} (relative)");
    }

    // The manifest's floor for what it gives no tolerance of: 4e-6 of the largest value.
    private static void CheckScaled(Tensor actual, string name)
    {
        Tensor expected = Data.Tensor(name);
        double atol = 4e-6 * expected.abs().max().item<float>();
        Fixture.AssertClose(actual, expected, atol, $"training_tiny/{name}");
    }

    private static double[] Values(Tensor tensor)
    {
        using var scope = NewDisposeScope();
        return tensor.detach().to(ScalarType.Float64).contiguous().data<double>().ToArray();
    }

    private static double[] Doubles(JsonElement list) => [.. list.EnumerateArray().Select(item => item.GetDouble())];
}
