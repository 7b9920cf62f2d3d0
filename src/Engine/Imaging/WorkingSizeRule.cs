namespace InstructDiffusion.Engine.Imaging;

/// <summary>
/// How the size the model works at follows from a picture's size and a resolution R. Every side is a multiple of
/// <see cref="WorkingSizeRules.Multiple"/>.
/// </summary>
public enum WorkingSizeRule
{
    /// <summary>
    /// The default: the authors' command line rule in exact arithmetic. The picture is scaled until its longer side is R; its
    /// shorter side is rounded up, and the longer, scaled by as much, rounded down. The longer side may exceed R.
    /// </summary>
    CommandLine,

    /// <summary>
    /// The authors' command line rule in their floating-point operations, with their slip: about one size in fifteen loses 64 pixels
    /// (a 98x98 picture at 512 gives 448x448). For reproducing their pictures.
    /// </summary>
    CommandLineLegacy,

    /// <summary>The authors' web app: the longer side becomes R, then both are rounded down. In exact arithmetic.</summary>
    WebApp,
}
