using System.Text.Json;
using FsCheck;
using FsCheck.Fluent;
using FsCheck.Xunit;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Sampling;

public sealed class GuidancePlanTests
{
    private const GuidanceFamily Ours = GuidanceFamily.InstructDiffusion;
    private const GuidanceFamily Pix2Pix = GuidanceFamily.InstructPix2Pix;

    public static TheoryData<string> PipelineRuns =>
        [
            .. Fixture
                .Default.Manifest.EnumerateObject()
                .Select(file => file.Name)
                .Where(name =>
                    name.StartsWith("pipeline/", StringComparison.Ordinal)
                    && name.EndsWith(".safetensors", StringComparison.Ordinal)
                ),
        ];

    // Appendix A of the specification, then the scales that let a branch go. Order: c, m, x̂ or u; NaN = left out.
    [Theory]
    [InlineData(Ours, 5, 1.25, 6.25, -4.5, -0.75)]
    [InlineData(Ours, 7.5, 1.5, 9, -7, -1)]
    [InlineData(Ours, 6, 0.5, 6.5, -5.5, double.NaN)]
    [InlineData(Ours, 1, 1, 2, -0.5, -0.5)]
    [InlineData(Ours, 0.5, 0.5, 1, double.NaN, double.NaN)]
    [InlineData(Ours, 0.5, 1.5, 2, double.NaN, -1)]
    [InlineData(Ours, 0, 0, double.NaN, 0.5, 0.5)]
    [InlineData(Ours, 0, 0.5, 0.5, 0.5, double.NaN)]
    [InlineData(Ours, 0.7 - 0.2, 1.7 - 1.2, 1, double.NaN, double.NaN)]
    [InlineData(Pix2Pix, 7.5, 1.5, 7.5, -6, -0.5)]
    [InlineData(Pix2Pix, 1, 1, 1, double.NaN, double.NaN)]
    [InlineData(Pix2Pix, 7.5, 1, 7.5, -6.5, double.NaN)]
    [InlineData(Pix2Pix, 3, 3, 3, double.NaN, -2)]
    [InlineData(Pix2Pix, 0, 1, double.NaN, 1, double.NaN)]
    [InlineData(Pix2Pix, 0, 0, double.NaN, double.NaN, 1)]
    [InlineData(Pix2Pix, 0, 2, double.NaN, 2, -1)]
    public void Create_OfScales_HasTheseCoefficients(
        GuidanceFamily family,
        double text,
        double image,
        double full,
        double imageOnly,
        double third
    )
    {
        GuidanceBranch last = family == Ours ? GuidanceBranch.TextOnly : GuidanceBranch.Unconditional;
        GuidanceTerm[] expected =
        [
            new(GuidanceBranch.Full, full),
            new(GuidanceBranch.ImageOnly, imageOnly),
            new(last, third),
        ];

        GuidancePlan plan = GuidancePlan.Create(family, text, image);

        Assert.Equal(expected.Where(term => !double.IsNaN(term.Coefficient)), plan.Terms);
    }

    [Property]
    public bool Create_OfAnyScales_HasCoefficientsOfSumOne(bool ours, double text, double image)
    {
        (text, image) = (Scale(text), Scale(image));
        GuidancePlan plan = GuidancePlan.Create(ours ? Ours : Pix2Pix, text, image);

        return plan.Rows is >= 1 and <= 3 && Math.Abs(plan.Terms.Sum(term => term.Coefficient) - 1) < 1e-10;
    }

    [Property]
    public bool Create_ForInstructDiffusion_NeverEvaluatesTheUnconditionalBranch(double text, double image) =>
        GuidancePlan.Create(Ours, Scale(text), Scale(image)).Terms.All(t => t.Branch != GuidanceBranch.Unconditional);

    [Property(MaxTest = 50)]
    public bool Combine_OfAnyScales_IsTheFormula(bool ours, double textSeed, double imageSeed, int seed)
    {
        (double text, double image) = (Scale(textSeed), Scale(imageSeed));
        GuidancePlan plan = GuidancePlan.Create(ours ? Ours : Pix2Pix, text, image);
        var random = new System.Random(seed);
        Dictionary<GuidanceBranch, float> outputs = Enum.GetValues<GuidanceBranch>()
            .ToDictionary(branch => branch, _ => (float)(random.NextDouble() * 8 - 4));
        double c = outputs[GuidanceBranch.Full];
        double m = outputs[GuidanceBranch.ImageOnly];
        double x = outputs[GuidanceBranch.TextOnly];
        double u = outputs[GuidanceBranch.Unconditional];
        double expected = ours
            ? 0.5 * (m + x) + text * (c - m) + image * (c - x)
            : u + text * (c - m) + image * (m - u);

        using Tensor rows = tensor(plan.Terms.Select(t => outputs[t.Branch]).ToArray(), [plan.Rows, 1, 1, 1]);
        using Tensor guided = plan.Combine(rows);

        // Seven digits of the largest product.
        return Math.Abs(guided.item<float>() - expected) <= 4e-6 * (1 + 8 * (Math.Abs(text) + Math.Abs(image)));
    }

    [Theory]
    [MemberData(nameof(PipelineRuns))]
    [Trait("Kind", "Parity")]
    public void Combine_OfAReferencePipelinesFirstRows_GivesItsFirstStep(string file)
    {
        using var scope = NewDisposeScope();
        JsonElement entry = Fixture.Default.Entry(file);
        TensorFile data = Fixture.Default.Tensors(file);
        Tensor start = data.Tensor("start_latents");
        Tensor output = data.Tensor("unet_output_first_step");
        Tensor expected = data.Tensor("latents_after_step")[0];
        long batch = start.shape[0];
        // diffusers leaves guidance out at these scales; we never do, but the reference row is then the only one.
        bool guided = output.shape[0] == 3 * batch;
        double text = guided ? entry.GetProperty("guidance_scale").GetDouble() : 1;
        double image = guided ? entry.GetProperty("image_guidance_scale").GetDouble() : 1;
        GuidancePlan plan = GuidancePlan.Create(Pix2Pix, text, image);
        double atol = Fixture.Default.Tolerance(file, "latents");

        for (int i = 0; i < batch; i++)
        {
            using Sampler sampler = SamplerFactory.Create(
                KindOf(entry),
                Schedules.ReferenceModel,
                entry.GetProperty("steps").GetInt32(),
                entry.GetProperty("eta").GetDouble()
            );
            Tensor[] rows = [.. plan.Terms.Select(term => output[Row(term.Branch) * batch + i])];
            var noise = new RecordedNoise(data.Has("noises") ? data.Tensor("noises").narrow(1, i, 1) : null);

            Tensor latents = start.narrow(0, i, 1) * sampler.InitialNoiseScale;
            Tensor next = sampler.Step(0, latents, plan.Combine(stack(rows)), noise);

            Fixture.AssertClose([.. sampler.Timesteps], data.Doubles("timesteps"), 1e-4, $"{file}/timesteps");
            Fixture.AssertClose(next, expected.narrow(0, i, 1), atol, $"{file}/first_step[{i}]");
        }
    }

    [Fact]
    public void Combine_OneRow_IsThatRowInItsOwnStorage()
    {
        using Tensor rows = ones(1, 4, 2, 2);

        using Tensor guided = GuidancePlan.Create(Ours, 0.5, 0.5).Combine(rows);
        guided.zero_();

        Assert.Equal(16, rows.sum().item<float>());
    }

    [Theory]
    [InlineData(2)]
    [InlineData(4)]
    public void Combine_OtherRowCount_SaysWhatItExpects(int count)
    {
        using Tensor rows = zeros(count, 4, 2, 2);

        var error = Assert.Throws<ArgumentException>(() => GuidancePlan.Create(Ours, 5, 1.25).Combine(rows));

        Assert.Contains($"expected [3, 4, h, w], got [{count}, 4, 2, 2]", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Combine_LeavesOneTensor()
    {
        using Tensor rows = zeros(3, 4, 2, 2);
        Tensor? result = null;

        LeakAssert.Leaves(1, () => result = GuidancePlan.Create(Ours, 5, 1.25).Combine(rows));

        result!.Dispose();
    }

    [Theory]
    [InlineData(double.NaN, 1, "textScale")]
    [InlineData(1, double.PositiveInfinity, "imageScale")]
    public void Create_NotFinite_NamesTheScale(double text, double image, string name)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => GuidancePlan.Create(Ours, text, image));

        Assert.Equal(name, error.ParamName);
    }

    // The range a request may ask for: 0…50.
    private static double Scale(double any) => double.IsFinite(any) ? Math.Abs(any) % 50 : 0.5;

    // Row blocks of the reference pipeline: text and image, image only, neither.
    private static int Row(GuidanceBranch branch) =>
        branch switch
        {
            GuidanceBranch.Full => 0,
            GuidanceBranch.ImageOnly => 1,
            _ => 2,
        };

    private static SamplerKind KindOf(JsonElement entry) =>
        entry.GetProperty("scheduler").GetString() switch
        {
            "DDIMScheduler" => SamplerKind.Ddim,
            "EulerDiscreteScheduler" => SamplerKind.Euler,
            "EulerAncestralDiscreteScheduler" => SamplerKind.EulerAncestral,
            "DPMSolverMultistepScheduler" => SamplerKind.DpmSolverPlusPlus2M,
            var other => throw new InvalidDataException($"scheduler {other}"),
        };
}
