using System.Reflection;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Tests.Caching;

public sealed class EditKeyTests
{
    private static readonly EditRequest Request = new() { Image = Pictures.Gradient(), Instruction = "make it winter" };

    /// <summary>A request that differs in one property, for every property there is.</summary>
    private static readonly Dictionary<string, EditRequest> Others = new()
    {
        [nameof(EditRequest.Image)] = Request with { Image = Pictures.Gradient(8, 12) },
        [nameof(EditRequest.Instruction)] = Request with { Instruction = "make it summer" },
        [nameof(EditRequest.NegativeInstruction)] = Request with { NegativeInstruction = "blurry" },
        [nameof(EditRequest.Steps)] = Request with { Steps = 3 },
        [nameof(EditRequest.Seed)] = Request with { Seed = 3 },
        [nameof(EditRequest.TextGuidanceScale)] = Request with { TextGuidanceScale = 3 },
        [nameof(EditRequest.ImageGuidanceScale)] = Request with { ImageGuidanceScale = 3 },
        [nameof(EditRequest.Sampler)] = Request with { Sampler = SamplerKind.Euler },
        [nameof(EditRequest.Eta)] = Request with { Eta = 0.5 },
        [nameof(EditRequest.WorkingSize)] = Request with { WorkingSize = WorkingSize.Of(128) },
        [nameof(EditRequest.Placement)] = Request with { Placement = CanvasPlacement.Crop },
        [nameof(EditRequest.IncludeRoundTrip)] = Request with { IncludeRoundTrip = true },
        [nameof(EditRequest.Determinism)] = Request with { Determinism = Determinism.BatchInvariant },
    };

    public static TheoryData<string> Properties() =>
        [
            .. typeof(EditRequest)
                .GetProperties(BindingFlags.Public | BindingFlags.Instance)
                .Select(property => property.Name),
        ];

    [Theory]
    [MemberData(nameof(Properties))]
    public void Of_RequestThatDiffersInOneProperty_Differs(string property)
    {
        Assert.True(Others.TryGetValue(property, out EditRequest? other), $"say what another {property} is");

        Assert.NotEqual(KeyOf(Request), KeyOf(other));
    }

    [Fact]
    public void Of_EqualRequestsWithPicturesOfTheirOwn_AreEqual()
    {
        EditRequest equal = Request with { Image = Pictures.Gradient(), WorkingSize = WorkingSize.Of(512) };
        EditRequest again = Request with { Image = Pictures.Gradient(), WorkingSize = WorkingSize.Of(512) };

        Assert.Equal(KeyOf(equal), KeyOf(again));
        Assert.Equal(KeyOf(equal).GetHashCode(), KeyOf(again).GetHashCode());
    }

    [Fact]
    public void Of_OtherScopeOrModel_Differs()
    {
        EditKey key = EditKey.Of("a", "model", Request);

        Assert.NotEqual(key, EditKey.Of("b", "model", Request));
        Assert.NotEqual(key, EditKey.Of("a", "other", Request));
    }

    [Fact]
    public void Of_Request_DoesNotHoldItsPicture() => Assert.NotSame(Request.Image, KeyOf(Request).Parameters.Image);

    private static EditKey KeyOf(EditRequest request) => EditKey.Of("", "model", request);
}
