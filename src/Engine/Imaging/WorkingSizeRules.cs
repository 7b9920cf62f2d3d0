using System.Diagnostics;

namespace InstructDiffusion.Engine.Imaging;

/// <summary>The arithmetic of <see cref="WorkingSizeRule"/> (the authors' <c>edit_cli.py</c> and <c>edit_app.py</c>).</summary>
public static class WorkingSizeRules
{
    /// <summary>Both sides are multiples of this: 8 for the VAE times 8 for the UNet.</summary>
    public const int Multiple = 64;

    /// <summary>The size the model works at.</summary>
    /// <param name="rule">The rule.</param>
    /// <param name="source">The picture's size, upright; sides at least 1.</param>
    /// <param name="resolution">R, at least 64; the authors' default is 512.</param>
    /// <param name="limits">What is refused.</param>
    /// <returns>Multiples of 64 within the limits.</returns>
    /// <exception cref="ArgumentException">A side or the resolution is too small to mean anything.</exception>
    /// <exception cref="WorkingSizeException">The picture is too long and narrow, or the result too large.</exception>
    public static ImageSize Apply(this WorkingSizeRule rule, ImageSize source, int resolution, WorkingSizeLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        if (source.Width < 1 || source.Height < 1)
        {
            throw new ArgumentException($"source: sides must be at least 1, got {source}", nameof(source));
        }
        if (resolution < Multiple)
        {
            throw new ArgumentOutOfRangeException(
                nameof(resolution),
                resolution,
                $"resolution: must be at least {Multiple}"
            );
        }
        (long width, long height) = rule switch
        {
            WorkingSizeRule.CommandLine => CommandLine(source, resolution),
            WorkingSizeRule.CommandLineLegacy => CommandLineLegacy(source, resolution),
            WorkingSizeRule.WebApp => WebApp(source, resolution),
            _ => throw new UnreachableException($"Working size rule {rule}"),
        };
        return limits.Require(width, height, source, resolution);
    }

    private static (long Width, long Height) CommandLine(ImageSize source, long resolution)
    {
        long shorter = Math.Min(source.Width, source.Height);
        long longer = Math.Max(source.Width, source.Height);
        long steps = DivideUp(shorter * resolution, longer * Multiple);
        // The shorter side has these steps by construction; the longer one is scaled by steps * 64 / shorter.
        return (source.Width * steps / shorter * Multiple, source.Height * steps / shorter * Multiple);
    }

    private static (long Width, long Height) CommandLineLegacy(ImageSize source, int resolution)
    {
        int shorter = Math.Min(source.Width, source.Height);
        double factor = (double)resolution / Math.Max(source.Width, source.Height);
        factor = Math.Ceiling(shorter * factor / Multiple) * Multiple / shorter;
        return (
            (long)Math.Floor(source.Width * factor / Multiple) * Multiple,
            (long)Math.Floor(source.Height * factor / Multiple) * Multiple
        );
    }

    private static (long Width, long Height) WebApp(ImageSize source, long resolution)
    {
        long divisor = (long)Math.Max(source.Width, source.Height) * Multiple;
        return (source.Width * resolution / divisor * Multiple, source.Height * resolution / divisor * Multiple);
    }

    private static long DivideUp(long value, long divisor) => (value + divisor - 1) / divisor;
}
