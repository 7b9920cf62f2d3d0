using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Caching;

/// <summary>All that an edit's result follows from: equal keys, equal pictures.</summary>
/// <param name="Scope">Whose results may be given: a caller's name, or the empty name for everybody's.</param>
/// <param name="Model">The model.</param>
/// <param name="Picture">The source's content.</param>
/// <param name="Parameters">Every other property of the request; its picture is a stand-in.</param>
internal sealed record EditKey(string Scope, string Model, ContentHash Picture, EditRequest Parameters)
{
    // Requests are records: with one and the same picture in each, the compiler's comparison sees every property there is and
    // will be. One that compares by reference would only make fewer keys equal.
    private static readonly RgbImage StandIn = new(1, 1, new byte[RgbImage.Channels]);

    /// <summary>The key of a request; reads the whole picture the first time.</summary>
    public static EditKey Of(string scope, string model, EditRequest request) =>
        new(scope, model, request.Image.Content, request with { Image = StandIn });
}
