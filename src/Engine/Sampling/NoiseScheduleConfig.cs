using System.Text.Json;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>
/// What defines a <see cref="NoiseSchedule"/>: the part of diffusers' scheduler_config.json that belongs to the model rather
/// than to a sampler. The defaults are Stable Diffusion 1.5's and InstructDiffusion's.
/// </summary>
public sealed record NoiseScheduleConfig
{
    private const int MaxFileBytes = 1 << 20;

    /// <summary>T, the number of training timesteps, 2…10000.</summary>
    public int TrainTimesteps { get; init; } = 1000;

    /// <summary>β of timestep 0, above 0. <see cref="BetaSchedule.SquaredCosine"/> does not use it.</summary>
    public double BetaStart { get; init; } = 0.00085;

    /// <summary>β of timestep T−1, below 1. <see cref="BetaSchedule.SquaredCosine"/> does not use it.</summary>
    public double BetaEnd { get; init; } = 0.012;

    /// <summary>How β grows between the two.</summary>
    public BetaSchedule BetaSchedule { get; init; } = BetaSchedule.ScaledLinear;

    /// <summary>What the model predicts.</summary>
    public PredictionType PredictionType { get; init; } = PredictionType.Epsilon;

    /// <summary>
    /// Whether the levels are stretched so that the last timestep holds no signal (Lin et al. 2024, algorithm 1); diffusers'
    /// "rescale_betas_zero_snr". Not for models that predict ε, which there says nothing of x₀.
    /// </summary>
    public bool ZeroTerminalSnr { get; init; }

    /// <summary>
    /// How DDIM, PLMS and DDPM pick their timesteps, diffusers' "timestep_spacing". A model of zero terminal SNR is to start at
    /// its last timestep, thus trailing.
    /// </summary>
    public TimestepSpacing Spacing { get; init; } = TimestepSpacing.Leading;

    /// <summary>Added to every timestep of <see cref="TimestepSpacing.Leading"/>: 0, or 1 as Stable Diffusion does.</summary>
    public int StepsOffset { get; init; } = 1;

    /// <summary>
    /// Whether the last DDIM or PLMS step ends at ᾱ = 1 (no noise left). False, as in Stable Diffusion, ends at ᾱ₀.
    /// </summary>
    public bool SetAlphaToOne { get; init; }

    /// <summary>Reads diffusers' scheduler_config.json; see <see cref="FromJson"/>.</summary>
    /// <exception cref="InvalidDataException">Names the file and the field that cannot be used.</exception>
    public static NoiseScheduleConfig Load(string path)
    {
        long length = new FileInfo(path).Length;
        if (length > MaxFileBytes)
        {
            throw new InvalidDataException($"{path}: {length} bytes are too many for a scheduler_config.json");
        }
        try
        {
            return FromJson(File.ReadAllText(path));
        }
        catch (InvalidDataException exception)
        {
            throw new InvalidDataException($"{path}: {exception.Message}", exception);
        }
    }

    /// <summary>
    /// Reads the text of a scheduler_config.json of any diffusers class. A field that is missing has the value diffusers
    /// gives it; fields that concern only one sampler (Karras sigmas, solver order) are not read.
    /// </summary>
    /// <exception cref="InvalidDataException">
    /// Not a JSON object; a field of the wrong kind or out of range; or a setting that changes the result and is not
    /// supported (trained betas, clipping, thresholding, zero-SNR rescaling of an ε model).
    /// </exception>
    public static NoiseScheduleConfig FromJson(string json)
    {
        try
        {
            using JsonDocument document = PythonJson.Parse(json);
            JsonElement root = document.RootElement;
            if (root.ValueKind != JsonValueKind.Object)
            {
                throw new InvalidDataException($"expected a JSON object, got {root.ValueKind}");
            }
            RefuseUnsupported(root);
            var config = new NoiseScheduleConfig
            {
                TrainTimesteps = ReadInt32(root, "num_train_timesteps", 1000),
                BetaStart = ReadDouble(root, "beta_start", 0.0001),
                BetaEnd = ReadDouble(root, "beta_end", 0.02),
                BetaSchedule = ReadBetaSchedule(root),
                PredictionType = ReadPredictionType(root),
                ZeroTerminalSnr = ReadBoolean(root, "rescale_betas_zero_snr", fallback: false),
                Spacing = ReadSpacing(root),
                StepsOffset = ReadInt32(root, "steps_offset", 0),
                SetAlphaToOne = ReadBoolean(root, "set_alpha_to_one", fallback: true),
            };
            config.Validate();
            return config;
        }
        catch (JsonException exception)
        {
            throw new InvalidDataException($"not valid JSON: {exception.Message}", exception);
        }
    }

    /// <summary>Checks every range.</summary>
    /// <exception cref="InvalidDataException">Names the first value that cannot be used.</exception>
    public void Validate()
    {
        Require(TrainTimesteps is >= 2 and <= 10_000, "num_train_timesteps", "2…10000", TrainTimesteps);
        Require(BetaStart is > 0 and < 1, "beta_start", "between 0 and 1", BetaStart);
        Require(BetaEnd < 1 && BetaEnd >= BetaStart, "beta_end", "at least beta_start and below 1", BetaEnd);
        Require(Enum.IsDefined(BetaSchedule), "beta_schedule", "a known one", (int)BetaSchedule);
        Require(Enum.IsDefined(PredictionType), "prediction_type", "a known one", (int)PredictionType);
        Require(Enum.IsDefined(Spacing), "timestep_spacing", "a known one", (int)Spacing);
        if (ZeroTerminalSnr && PredictionType == PredictionType.Epsilon)
        {
            throw new InvalidDataException(
                "rescale_betas_zero_snr: a model that predicts epsilon says nothing of the picture where there is no signal"
            );
        }
        Require(StepsOffset is 0 or 1, "steps_offset", "0 or 1", StepsOffset);
    }

    private static void Require(bool condition, string field, string expected, double value)
    {
        if (!condition)
        {
            throw new InvalidDataException($"{field}: expected {expected}, got {value}");
        }
    }

    private static void RefuseUnsupported(JsonElement root)
    {
        foreach (string flag in (string[])["clip_sample", "thresholding"])
        {
            if (ReadBoolean(root, flag, fallback: false))
            {
                throw new InvalidDataException($"{flag}: true is not supported for latent diffusion models");
            }
        }
        if (root.TryGetProperty("trained_betas", out JsonElement betas) && betas.ValueKind != JsonValueKind.Null)
        {
            throw new InvalidDataException("trained_betas: a table of betas is not supported");
        }
    }

    private static BetaSchedule ReadBetaSchedule(JsonElement root) =>
        ReadString(root, "beta_schedule", "linear") switch
        {
            "linear" => BetaSchedule.Linear,
            "scaled_linear" => BetaSchedule.ScaledLinear,
            "squaredcos_cap_v2" => BetaSchedule.SquaredCosine,
            string other => throw new InvalidDataException(
                $"beta_schedule: expected linear, scaled_linear or squaredcos_cap_v2, got \"{other}\""
            ),
        };

    private static PredictionType ReadPredictionType(JsonElement root) =>
        ReadString(root, "prediction_type", "epsilon") switch
        {
            "epsilon" => PredictionType.Epsilon,
            "v_prediction" => PredictionType.Velocity,
            "sample" => PredictionType.Original,
            string other => throw new InvalidDataException(
                $"prediction_type: expected epsilon, v_prediction or sample, got \"{other}\""
            ),
        };

    private static TimestepSpacing ReadSpacing(JsonElement root) =>
        ReadString(root, "timestep_spacing", "leading") switch
        {
            "linspace" => TimestepSpacing.Linspace,
            "leading" => TimestepSpacing.Leading,
            "trailing" => TimestepSpacing.Trailing,
            string other => throw new InvalidDataException(
                $"timestep_spacing: expected linspace, leading or trailing, got \"{other}\""
            ),
        };

    private static int ReadInt32(JsonElement root, string field, int fallback)
    {
        if (!root.TryGetProperty(field, out JsonElement value))
        {
            return fallback;
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number)
            ? number
            : throw new InvalidDataException($"{field}: expected a whole number, got {value.GetRawText()}");
    }

    private static double ReadDouble(JsonElement root, string field, double fallback)
    {
        if (!root.TryGetProperty(field, out JsonElement value))
        {
            return fallback;
        }
        return value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out double number)
            ? number
            : throw new InvalidDataException($"{field}: expected a number, got {value.GetRawText()}");
    }

    private static bool ReadBoolean(JsonElement root, string field, bool fallback)
    {
        if (!root.TryGetProperty(field, out JsonElement value))
        {
            return fallback;
        }
        return value.ValueKind is JsonValueKind.True or JsonValueKind.False
            ? value.GetBoolean()
            : throw new InvalidDataException($"{field}: expected true or false, got {value.GetRawText()}");
    }

    private static string ReadString(JsonElement root, string field, string fallback)
    {
        if (!root.TryGetProperty(field, out JsonElement value))
        {
            return fallback;
        }
        return value.ValueKind == JsonValueKind.String
            ? value.GetString()!
            : throw new InvalidDataException($"{field}: expected a string, got {value.GetRawText()}");
    }
}
