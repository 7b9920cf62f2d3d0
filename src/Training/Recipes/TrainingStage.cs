namespace InstructDiffusion.Training.Recipes;

/// <summary>What a recipe trains.</summary>
public enum TrainingStage
{
    /// <summary>The variational autoencoder, before everything else.</summary>
    Autoencoder,

    /// <summary>Text to image with marks and overlays in the pictures (paper, section 3.1: pretraining adaptation).</summary>
    Adaptation,

    /// <summary>Instruction pairs of all tasks (paper, section 3.2).</summary>
    Task,

    /// <summary>Fine-tuning on edits that people picked (paper, section 3.3).</summary>
    Alignment,
}
