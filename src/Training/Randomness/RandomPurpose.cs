namespace InstructDiffusion.Training.Randomness;

/// <summary>What numbers are drawn for. Each purpose has streams of its own, so that one more draw here changes nothing there.</summary>
/// <remarks>The values are part of what makes a run repeatable: never renumber, only append.</remarks>
public enum RandomPurpose
{
    /// <summary>The order in which a data set is seen.</summary>
    Order = 1,

    /// <summary>Crops, flips, marks: what makes the pixels of a sample.</summary>
    Augmentation = 2,

    /// <summary>Which of an instruction's phrasings is used.</summary>
    Phrasing = 3,

    /// <summary>The noise added to the latents.</summary>
    Noise = 4,

    /// <summary>The timestep of a sample.</summary>
    Timestep = 5,

    /// <summary>Which conditions a sample loses.</summary>
    Dropout = 6,

    /// <summary>The draw from the autoencoder's posterior.</summary>
    Posterior = 7,

    /// <summary>The contents of procedural scenes.</summary>
    Scene = 8,

    /// <summary>A model's first weights.</summary>
    Weights = 9,

    /// <summary>Seeds and settings of candidate pictures.</summary>
    Candidates = 10,

    /// <summary>Which pairs a resampled mean of an evaluation is over.</summary>
    Resampling = 11,

    /// <summary>What the construction of pairs chooses: regions, words, neighbours, noise.</summary>
    Construction = 12,

    /// <summary>First weights, orders and clusters of the fit of a model of picture quality.</summary>
    Quality = 20,

    /// <summary>Which of the pairs that pass are drawn.</summary>
    Selection = 21,
}
