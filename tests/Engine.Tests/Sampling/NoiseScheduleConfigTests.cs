using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Sampling;

public sealed class NoiseScheduleConfigTests
{
    [Fact]
    public void Load_OfTheReferenceFolder_IsStableDiffusions()
    {
        string path = RepositoryRoot.Of(
            "tests",
            "Fixtures",
            "public",
            "diffusers",
            "scheduler",
            "scheduler_config.json"
        );

        Assert.Equal(new NoiseScheduleConfig(), NoiseScheduleConfig.Load(path));
    }

    [Fact]
    public void FromJson_EveryField_IsRead()
    {
        NoiseScheduleConfig config = NoiseScheduleConfig.FromJson(
            """
            { "_class_name": "PNDMScheduler", "num_train_timesteps": 500, "beta_start": 0.001, "beta_end": 0.03,
              "beta_schedule": "squaredcos_cap_v2", "prediction_type": "v_prediction", "steps_offset": 1,
              "set_alpha_to_one": false, "trained_betas": null, "clip_sample": false, "skip_prk_steps": true,
              "rescale_betas_zero_snr": true, "timestep_spacing": "trailing" }
            """
        );

        Assert.Equal(
            new NoiseScheduleConfig
            {
                TrainTimesteps = 500,
                BetaStart = 0.001,
                BetaEnd = 0.03,
                BetaSchedule = BetaSchedule.SquaredCosine,
                PredictionType = PredictionType.Velocity,
                ZeroTerminalSnr = true,
                Spacing = TimestepSpacing.Trailing,
                StepsOffset = 1,
                SetAlphaToOne = false,
            },
            config
        );
    }

    [Fact]
    public void FromJson_Empty_HasDiffusersDefaults() =>
        Assert.Equal(
            new NoiseScheduleConfig
            {
                BetaStart = 0.0001,
                BetaEnd = 0.02,
                BetaSchedule = BetaSchedule.Linear,
                StepsOffset = 0,
                SetAlphaToOne = true,
            },
            NoiseScheduleConfig.FromJson("{}")
        );

    [Fact]
    public void FromJson_WithPythonsInfinity_IsRead()
    {
        NoiseScheduleConfig config = NoiseScheduleConfig.FromJson(
            """{ "lambda_min_clipped": -Infinity, "note": "Infinity \" NaN", "steps_offset": 1 }"""
        );

        Assert.Equal(1, config.StepsOffset);
    }

    [Fact]
    public void FromJson_OfAModelOfTheCleanLatents_IsRead() =>
        Assert.Equal(
            PredictionType.Original,
            NoiseScheduleConfig.FromJson("""{ "prediction_type": "sample" }""").PredictionType
        );

    [Theory]
    [InlineData("""{ "num_train_timesteps": 1 }""", "num_train_timesteps: expected 2")]
    [InlineData("""{ "num_train_timesteps": 1e9 }""", "num_train_timesteps")]
    [InlineData("""{ "num_train_timesteps": "1000" }""", "num_train_timesteps: expected a whole number, got \"1000\"")]
    [InlineData("""{ "beta_start": 0 }""", "beta_start")]
    [InlineData("""{ "beta_start": NaN }""", "beta_start")]
    [InlineData("""{ "beta_start": 0.5, "beta_end": 0.1 }""", "beta_end")]
    [InlineData("""{ "beta_end": 1 }""", "beta_end")]
    [InlineData("""{ "beta_schedule": "sigmoid" }""", "beta_schedule")]
    [InlineData("""{ "beta_schedule": 3 }""", "beta_schedule")]
    [InlineData("""{ "prediction_type": "flow" }""", "expected epsilon, v_prediction or sample, got \"flow\"")]
    [InlineData("""{ "timestep_spacing": "even" }""", "timestep_spacing: expected linspace, leading or trailing")]
    [InlineData("""{ "steps_offset": 2 }""", "steps_offset: expected 0 or 1, got 2")]
    [InlineData("""{ "set_alpha_to_one": "no" }""", "set_alpha_to_one")]
    [InlineData("""{ "clip_sample": true }""", "clip_sample")]
    [InlineData("""{ "thresholding": true }""", "thresholding")]
    [InlineData("""{ "rescale_betas_zero_snr": true }""", "rescale_betas_zero_snr")]
    [InlineData("""{ "trained_betas": [0.1] }""", "trained_betas")]
    [InlineData("[]", "expected a JSON object")]
    [InlineData("{", "not valid JSON")]
    [InlineData("", "not valid JSON")]
    public void FromJson_Unusable_NamesTheField(string json, string expected)
    {
        var error = Assert.Throws<InvalidDataException>(() => NoiseScheduleConfig.FromJson(json));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Constructor_OfScheduleWithBadConfig_NamesTheField()
    {
        var error = Assert.Throws<InvalidDataException>(() =>
            new NoiseSchedule(new NoiseScheduleConfig { BetaEnd = double.NaN })
        );

        Assert.Contains("beta_end", error.Message, StringComparison.Ordinal);
    }
}
