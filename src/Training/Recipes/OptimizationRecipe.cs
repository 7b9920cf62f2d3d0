namespace InstructDiffusion.Training.Recipes;

/// <summary>How the weights move. Defaults are the authors' (specification 3.2.3), but for the batch.</summary>
public sealed record OptimizationRecipe
{
    /// <summary>Steps of the optimizer in all.</summary>
    public required long Steps { get; init; }

    /// <summary>Samples a step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Samples a forward pass: the batch is cut into parts of this size, shared out among the workers.</summary>
    public required int MicroBatchSize { get; init; }

    /// <summary>Threads that train side by side, each on its own parts of the batch; 0 for one a core (CPU) or one (GPU).</summary>
    public int Workers { get; init; }

    /// <summary>Peak learning rate.</summary>
    public double LearningRate { get; init; } = 1e-4;

    /// <summary>Its course.</summary>
    public LearningRateCourse Course { get; init; } = LearningRateCourse.Constant;

    /// <summary>Steps from 0 to the peak.</summary>
    public long WarmUpSteps { get; init; }

    /// <summary>Share of the peak that a falling course ends at.</summary>
    public double FinalShare { get; init; }

    /// <summary>Last steps of the course <c>hold</c>, in which the rate falls.</summary>
    public long DecaySteps { get; init; }

    /// <summary>Adam's β₁.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>Adam's β₂.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Adam's ε.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay.</summary>
    public double WeightDecay { get; init; } = 0.01;

    /// <summary>Largest norm of the gradient; 0 for any.</summary>
    public double ClipNorm { get; init; }

    /// <summary>What the decay of the averaged weights grows to.</summary>
    public double EmaDecay { get; init; } = 0.9999;

    /// <summary>Arithmetic of forward and backward; the weights that move are fp32 in any case.</summary>
    public TrainingPrecision Precision { get; init; } = TrainingPrecision.Fp32;

    /// <summary>Compute activations again in the backward pass instead of keeping them.</summary>
    public bool ActivationCheckpointing { get; init; }

    internal void Check(ProblemList problems)
    {
        const string Here = "optimization.";
        problems.Range(Steps, 1, 1e9, Here + "steps");
        problems.Range(BatchSize, 1, 1 << 20, Here + "batch_size");
        problems.Range(MicroBatchSize, 1, 1 << 16, Here + "micro_batch_size");
        problems.Require(
            MicroBatchSize > 0 && BatchSize % MicroBatchSize == 0,
            Here + "batch_size",
            $"must be a multiple of micro_batch_size {MicroBatchSize}, got {BatchSize}"
        );
        problems.Range(Workers, 0, 1024, Here + "workers");
        problems.Range(LearningRate, 1e-12, 10, Here + "learning_rate");
        problems.Range(WarmUpSteps, 0, Steps, Here + "warm_up_steps");
        problems.Range(DecaySteps, 0, Steps - WarmUpSteps, Here + "decay_steps");
        problems.Require(
            DecaySteps > 0 == (Course == LearningRateCourse.Hold),
            Here + "decay_steps",
            "belongs to the course 'hold', which needs it"
        );
        problems.Range(FinalShare, 0, 1, Here + "final_share");
        problems.Range(Beta1, 0, 0.999999, Here + "beta1");
        problems.Range(Beta2, 0, 0.999999, Here + "beta2");
        problems.Range(Epsilon, 1e-30, 1, Here + "epsilon");
        problems.Range(WeightDecay, 0, 1, Here + "weight_decay");
        problems.Range(ClipNorm, 0, 1e9, Here + "clip_norm");
        problems.Range(EmaDecay, 0, 1, Here + "ema_decay");
    }
}

/// <summary>Courses of the learning rate.</summary>
public enum LearningRateCourse
{
    /// <summary>Constant after the warm-up.</summary>
    Constant,

    /// <summary>Half a cosine from the peak to the final share.</summary>
    Cosine,

    /// <summary>
    /// The peak until <see cref="OptimizationRecipe.DecaySteps"/> before the end, then half a cosine to the final share (Hu et al.
    /// 2024, section 4): how long a run is may be decided while it runs.
    /// </summary>
    Hold,
}

/// <summary>Arithmetic of forward and backward.</summary>
public enum TrainingPrecision
{
    /// <summary>Single precision.</summary>
    Fp32,

    /// <summary>Half precision with a dynamic loss scale. For GPUs.</summary>
    Fp16,

    /// <summary>bfloat16. For GPUs.</summary>
    Bf16,
}
