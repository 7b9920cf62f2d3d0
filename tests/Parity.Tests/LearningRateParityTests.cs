using System.Globalization;
using System.Text.Json;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Optimization;

namespace InstructDiffusion.Parity.Tests;

public sealed class LearningRateParityTests
{
    // Two correctly rounded orders of the same sums and products.
    private const double Tolerance = 1e-12;

    private static readonly JsonElement Root = JsonDocument
        .Parse(File.ReadAllBytes(Fixture.Default.Path("ldm", "lr_schedule.json")))
        .RootElement;

    public static TheoryData<string> Schedules() => [.. Root.EnumerateObject().Select(schedule => schedule.Name)];

    [Theory]
    [MemberData(nameof(Schedules))]
    public void MultiplierAt_Schedule_MatchesLdm(string name)
    {
        string[] words = name.Split(' '); // "warm_up 0 cycle 100 f_start 1e-06 f_max 1 f_min 1.0"
        var schedule = new LearningRateSchedule(
            new LearningRateCycle
            {
                WarmUpSteps = (long)Number("warm_up"),
                Length = (long)Number("cycle"),
                Start = Number("f_start"),
                Max = Number("f_max"),
                Min = Number("f_min"),
            }
        );
        JsonProperty[] points = [.. Root.GetProperty(name).EnumerateObject()];

        double[] actual =
        [
            .. points.Select(point => schedule.MultiplierAt(long.Parse(point.Name, CultureInfo.InvariantCulture))),
        ];

        double[] expected = [.. points.Select(point => point.Value.GetDouble())];
        Fixture.AssertClose(actual, expected, Tolerance, $"lr_schedule/{name}");

        double Number(string word) => double.Parse(words[Array.IndexOf(words, word) + 1], CultureInfo.InvariantCulture);
    }
}
