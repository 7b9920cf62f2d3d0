using InstructDiffusion.Api.Caching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Vision;

namespace InstructDiffusion.Api.Vision;

/// <summary>A vision request that was read, decoded and found valid: what to have painted, and what to read out of it.</summary>
/// <param name="Source">Size of the client's picture, which answers are given in.</param>
/// <param name="Edits">What to have painted, at least one.</param>
internal sealed record PaintOrder(ImageSize Source, IReadOnlyList<PaintEdit> Edits)
{
    /// <summary>How to tell a mask.</summary>
    public required MaskFormats Formats { get; init; }

    /// <summary>Whether the painted pictures are wanted too.</summary>
    public required bool WantsRawImage { get; init; }

    /// <summary>Whether equal edits' results will do.</summary>
    public required EditReuse Reuse { get; init; }

    /// <summary>Time in which the picture's file was read.</summary>
    public required TimeSpan DecodeTime { get; init; }

    /// <summary>Radii that the discs that mark points may have, in pixels of the painted picture.</summary>
    public required IReadOnlyList<int> DiscRadii { get; init; }
}

/// <summary>One thing to have painted.</summary>
/// <param name="Name">What the client calls it; null with an instruction of its own.</param>
/// <param name="Color">What is painted with.</param>
/// <param name="ColorName">The word for it; null for a colour without one.</param>
/// <param name="Request">
/// The edit. Its picture is as large as it is on the model's canvas, where it gives the same painting, bit for bit: a large picture is
/// not carried through the queue, and masks are read at the size they are painted at.
/// </param>
internal sealed record PaintEdit(string? Name, PaintColor Color, string? ColorName, EditRequest Request);
