using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Tests.Batching.Simulation;

/// <summary>Random arrivals, the same for the same seed.</summary>
internal static class Load
{
    /// <summary>Plans arrivals at random moments (a Poisson process) for a while.</summary>
    /// <param name="server">Who is asked.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="perSecond">Arrivals a second on average.</param>
    /// <param name="until">When they end.</param>
    /// <param name="make">What one asks for.</param>
    public static void Poisson(
        SimulatedServer server,
        int seed,
        double perSecond,
        TimeSpan until,
        Func<Random, (EditRequest Request, EditTicketOptions Options)> make
    )
    {
        var random = new Random(seed);
        TimeSpan at = server.Clock.Now;
        while ((at += TimeSpan.FromSeconds(-Math.Log(1 - random.NextDouble()) / perSecond)) < until)
        {
            (EditRequest request, EditTicketOptions options) = make(random);
            server.AskAt(at, request, options);
        }
    }

    /// <summary>The value below which this share of the values lies.</summary>
    public static double Quantile(IEnumerable<double> values, double share)
    {
        double[] sorted = [.. values.Order()];
        return sorted[(int)Math.Round(share * (sorted.Length - 1))];
    }
}
