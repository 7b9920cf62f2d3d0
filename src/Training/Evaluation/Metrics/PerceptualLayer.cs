namespace InstructDiffusion.Training.Evaluation.Metrics;

/// <summary>A convolution of a feature network and what comes after it.</summary>
/// <param name="Index">Its number in torchvision's <c>features</c>.</param>
/// <param name="Stride">Pixels.</param>
/// <param name="Padding">Pixels.</param>
/// <param name="IsTap">Its rectified output is compared.</param>
/// <param name="PoolBefore">Side of a maximum over windows at every second place before it; 0 for none.</param>
internal readonly record struct PerceptualLayer(int Index, int Stride, int Padding, bool IsTap, int PoolBefore);
