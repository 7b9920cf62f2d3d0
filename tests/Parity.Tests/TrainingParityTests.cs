using System.Text.Json;
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

    [Fact]
    public void Steps_OnTheReferenceBatch_MatchTorch()
    {
        using var scope = NewDisposeScope();
        UNet2DConditionModel unet = ReferenceModels.UNet("diffusers", "unet");
        unet.train();
        using AdamW optimizer = Optimizer(unet);
        using var average = new ExponentialMovingAverage(
            unet,
            Numbers.GetProperty("ema").GetProperty("decay").GetDouble()
        );
        double[] losses = Doubles(Numbers.GetProperty("loss_after_steps"));
        for (int step = 0; step < losses.Length; step++)
        {
            using var stepScope = NewDisposeScope();
            optimizer.zero_grad();
            Tensor perSample = PerSampleLoss(unet, check: step == 0);
            Tensor loss = perSample.mean();
            loss.backward();
            CheckRelative([loss.item<float>()], [losses[step]], LossTolerance, "loss");
            CheckGradients(unet, step);
            if (step == 0)
            {
                double[] expected = Doubles(Numbers.GetProperty("per_sample_loss_step0"));
                CheckRelative(Values(perSample), expected, LossTolerance, "per_sample_loss_step0");
            }

            optimizer.step();
            average.Update();

            CheckParameters(unet, step + 1);
            CheckAverage(average, step + 1);
        }
    }

    private static AdamW Optimizer(UNet2DConditionModel unet)
    {
        JsonElement adamw = Numbers.GetProperty("adamw");
        double[] betas = Doubles(adamw.GetProperty("betas"));
        return optim.AdamW(
            unet.parameters(),
            adamw.GetProperty("lr").GetDouble(),
            betas[0],
            betas[1],
            adamw.GetProperty("eps").GetDouble(),
            adamw.GetProperty("weight_decay").GetDouble()
        );
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

    private static void CheckGradients(UNet2DConditionModel unet, int step)
    {
        (string name, double norm)[] norms =
        [
            .. unet.named_parameters()
                .Select(p => (p.name, p.parameter.grad!.to(ScalarType.Float64).norm().item<double>())),
        ];
        double total = Math.Sqrt(norms.Sum(entry => entry.norm * entry.norm));
        double expectedTotal = Doubles(Numbers.GetProperty("grad_norm_total"))[step];
        CheckRelative([total], [expectedTotal], NormTolerance, "grad_norm_total");
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
            double[] errors =
            [
                .. unet.named_parameters()
                    .Select(p => ChecksumError(p.parameter, checksums.GetProperty(p.name)[1].GetDouble())),
            ];
            Fixture.AssertClose(
                errors,
                new double[errors.Length],
                ChecksumTolerance,
                $"training_tiny/param_checksum_after_step{step}.abs_sum (relative)"
            );
        }
    }

    // Relative error of a sum of absolute values, less what elements may add whose gradient is lost in rounding (below the
    // manifest's floor of 4e-6 of the largest): AdamW's first step is the learning rate times the sign of the gradient.
    private static double ChecksumError(Parameter parameter, double expected)
    {
        double[] gradients = Array.ConvertAll(Values(parameter.grad!), Math.Abs);
        double floor = 4e-6 * gradients.Max();
        double rate = Numbers.GetProperty("adamw").GetProperty("lr").GetDouble();
        double undecided = 2 * rate * gradients.Count(gradient => gradient < floor);
        double error = Math.Abs(Values(parameter).Sum(Math.Abs) - expected);
        return Math.Max(0, error - undecided) / expected;
    }

    private static void CheckAverage(ExponentialMovingAverage average, int step)
    {
        double[] decays = Doubles(Numbers.GetProperty("ema").GetProperty("effective_decay"));
        CheckRelative([average.EffectiveDecay], [decays[step - 1]], 1e-12, "ema.effective_decay");
        (string name, double[] values)[] shadows = [.. average.Shadows.Select(s => (s.Key, Values(s.Value)))];
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
