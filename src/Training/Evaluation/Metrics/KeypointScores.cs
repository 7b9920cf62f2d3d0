namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>COCO's figures for keypoints, 0…1; null where no person is of that size.</summary>
/// <param name="Ap">Mean of the average precisions at similarities of 0.50, 0.55 … 0.95.</param>
/// <param name="Ap50">At 0.50.</param>
/// <param name="Ap75">At 0.75.</param>
/// <param name="ApMedium">Of persons of 32² to 96² pixels.</param>
/// <param name="ApLarge">Of persons above 96².</param>
/// <param name="Ar">Mean of the largest recalls at those similarities.</param>
internal sealed record KeypointScores(
    double? Ap,
    double? Ap50,
    double? Ap75,
    double? ApMedium,
    double? ApLarge,
    double? Ar
);
