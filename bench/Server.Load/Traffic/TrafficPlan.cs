namespace InstructDiffusion.Server.Load.Traffic;

/// <summary>
/// The requests of a run: a Poisson process in each phase. Planned beforehand, so that a slow server gets no fewer requests
/// than a quick one and the waiting of each counts from when it should have been sent.
/// </summary>
internal static class TrafficPlan
{
    /// <summary>Draws the requests.</summary>
    public static IReadOnlyList<PlannedRequest> Of(TrafficProfile profile)
    {
        var random = new Random(profile.Seed);
        var requests = new List<PlannedRequest>();
        double begin = 0;
        foreach ((LoadPhase phase, int index) in profile.Phases.Select((phase, index) => (phase, index)))
        {
            double at = begin;
            while ((at += -Math.Log(1 - random.NextDouble()) / phase.PerSecond) < begin + phase.Seconds)
            {
                requests.Add(Draw(profile, random, requests.Count, index, at));
            }
            begin += phase.Seconds;
        }
        return requests;
    }

    private static PlannedRequest Draw(TrafficProfile profile, Random random, int index, int phase, double at)
    {
        (double text, double image) = profile.Scales[random.Next(profile.Scales.Count)];
        return new PlannedRequest
        {
            Index = index,
            Phase = phase,
            At = TimeSpan.FromSeconds(at),
            Caller = DrawCaller(profile.Callers, random),
            Steps = random.Next(profile.Steps.Least, profile.Steps.Most + 1),
            Size = profile.Sizes[random.Next(profile.Sizes.Count)],
            TextScale = text,
            ImageScale = image,
            // Another each time: no answer may come from the cache.
            Seed = random.NextInt64(uint.MaxValue),
            LeavesAfter =
                random.NextDouble() < profile.Leaving
                    ? TimeSpan.FromSeconds(random.NextDouble() * profile.LeavingWithin)
                    : null,
        };
    }

    private static int DrawCaller(IReadOnlyList<(string Key, double Share)> callers, Random random)
    {
        double left = random.NextDouble() * callers.Sum(caller => caller.Share);
        for (int i = 0; i < callers.Count; i++)
        {
            left -= callers[i].Share;
            if (left < 0)
            {
                return i;
            }
        }
        return 0;
    }
}
