using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Segmentation;

/// <summary>What phrases refer to.</summary>
/// <param name="Image">In this picture.</param>
/// <param name="Masks">Of the objects; empty where the picture shows nothing of the kind.</param>
/// <param name="Sentences">At least one, lower case.</param>
internal sealed record ReferredObjects(
    CocoImage Image,
    IReadOnlyList<ObjectMask> Masks,
    IReadOnlyList<string> Sentences
)
{
    /// <summary>Where any of the objects lies: 1, elsewhere 0.</summary>
    /// <param name="hasHoles">Where two polygons of an object overlap there is none, as in the authors' loader.</param>
    /// <exception cref="BrokenSampleException">A mask is of another size.</exception>
    public PixelPlane Mask(bool hasHoles)
    {
        (int width, int height) = (Image.Width, Image.Height);
        var whole = new byte[width * height];
        var one = new byte[width * height];
        foreach (ObjectMask mask in Masks)
        {
            Array.Clear(one);
            mask.AddTo(one, width, height);
            for (int i = 0; i < one.Length; i++)
            {
                whole[i] |= (hasHoles ? one[i] == 1 : one[i] > 0) ? (byte)1 : (byte)0;
            }
        }
        return new PixelPlane(width, height, whole);
    }
}
