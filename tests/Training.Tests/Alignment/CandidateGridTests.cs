using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Alignment;

namespace InstructDiffusion.Training.Tests.Alignment;

public sealed class CandidateGridTests
{
    private static readonly CandidateGrid Default = new()
    {
        Steps = 10,
        Sampler = "ddim",
        Resolution = 64,
    };

    [Fact]
    public void Default_IsTheTwentySettings()
    {
        IReadOnlyList<EditRequest> requests = RequestsFor(Default, "a");

        Assert.Equal(20, requests.Select(r => (r.TextGuidanceScale, r.ImageGuidanceScale)).Distinct().Count());
        Assert.Equal((3, 7.5), (requests.Min(r => r.TextGuidanceScale), requests.Max(r => r.TextGuidanceScale)));
        Assert.Equal((0.75, 1.5), (requests.Min(r => r.ImageGuidanceScale), requests.Max(r => r.ImageGuidanceScale)));
        Assert.Single(requests.Select(r => r.Seed).Distinct());
    }

    [Fact]
    public void Seeds_AreTheItemsOwn_AndComeAgain()
    {
        CandidateGrid two = Default with { Seeds = 2 };

        long[] first = SeedsOf(two, "a");

        Assert.Equal(2, first.Length);
        Assert.All(first, seed => Assert.InRange(seed, 0, int.MaxValue));
        Assert.Equal(first, SeedsOf(two, "a"));
        Assert.Empty(first.Intersect(SeedsOf(two, "b")));
        Assert.Empty(first.Intersect(SeedsOf(two with { Seed = 1 }, "a")));
        Assert.Equal(first[0], SeedsOf(Default, "a").Single());
    }

    [Fact]
    public void Validate_TooMany_OrAnUnknownSampler_IsNamed()
    {
        Default.Validate();
        Assert.Contains(
            "at most 100 candidates an item, got 120",
            Assert.Throws<AlignmentException>((Default with { Seeds = 6 }).Validate).Message,
            StringComparison.Ordinal
        );
        Assert.Contains(
            "got 'magic'",
            Assert.Throws<AlignmentException>((Default with { Sampler = "magic" }).Validate).Message,
            StringComparison.Ordinal
        );
        Assert.Throws<AlignmentException>((Default with { TextScales = [] }).Validate);
    }

    private static long[] SeedsOf(CandidateGrid grid, string id) =>
        [.. RequestsFor(grid, id).Select(r => r.Seed).Distinct()];

    private static IReadOnlyList<EditRequest> RequestsFor(CandidateGrid grid, string id) =>
        grid.RequestsFor(
            new AlignmentItem(id, TestImages.Photo(8, 8), "do", Target: null, "edit"),
            WorkingSizeRule.CommandLine
        );
}
