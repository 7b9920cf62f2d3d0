using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Web.Pictures;

namespace InstructDiffusion.Training.Tests.Construction.Web.Pictures;

public sealed class NearDuplicateTests
{
    [Fact]
    public void Of_Hash_IsThatOfTheDefinition()
    {
        RgbImage picture = Scenes.Of(7, 32, 32); // of the transform's size: no resize comes in between

        Assert.Equal(ByDefinition(picture), PerceptualHash.Of(picture));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Distance_CopiesAreNearAndOthersFar(int seed)
    {
        RgbImage picture = Scenes.Of(seed, 160, 120);
        ulong hash = PerceptualHash.Of(picture);
        RgbImage small = ImageResizer.Resize(picture, new ImageSize(80, 60), ResizeFilter.Lanczos3);
        RgbImage poor = ImageCodec.Decode(TestImageFiles.Jpeg(picture, quality: 60), ImageDecodeLimits.Default).Image;

        Assert.True(PerceptualHash.Distance(hash, PerceptualHash.Of(small)) <= 4);
        Assert.True(PerceptualHash.Distance(hash, PerceptualHash.Of(poor)) <= 4);
        Assert.All(
            Enumerable.Range(10, 10),
            other => Assert.InRange(PerceptualHash.Distance(hash, PerceptualHash.Of(Scenes.Of(other))), 12, 64)
        );
    }

    [Fact]
    public void FindNear_SameStructureInOtherColours_IsAnotherPicture()
    {
        RgbImage picture = Scenes.Of(1);
        byte[] turned = picture.Pixels.ToArray();
        for (int i = 0; i < turned.Length; i += 3)
        {
            (turned[i], turned[i + 2]) = (turned[i + 2], turned[i]);
        }
        PictureSignature signature = PictureSignature.Of(picture);
        var other = new PictureSignature(
            signature.Hash,
            PictureSignature.Of(new RgbImage(picture.Width, picture.Height, turned)).Colours
        );
        var tree = new SignatureTree();
        tree.Add(signature, "first");

        Assert.Equal("first", tree.FindNear(signature, 0));
        Assert.Null(tree.FindNear(other, 64));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(64)]
    public void FindNear_AmongMany_IsThatOfComparingWithEveryOne(int threshold)
    {
        var random = new Random(11);
        var colours = new byte[PictureSignature.ColourBytes];
        var kept = new List<PictureSignature>();
        var tree = new SignatureTree();
        for (int i = 0; i < 600; i++)
        {
            // Half of them a few bits beside another.
            ulong hash =
                kept.Count > 0 && i % 2 == 0
                    ? Flipped(kept[random.Next(kept.Count)].Hash, random, random.Next(0, 12))
                    : (ulong)random.NextInt64();
            kept.Add(new PictureSignature(hash, colours));
            tree.Add(kept[i], $"{i}");
        }
        for (int i = 0; i < 300; i++)
        {
            var asked = new PictureSignature(Flipped(kept[random.Next(600)].Hash, random, random.Next(0, 14)), colours);
            int first = kept.FindIndex(one => PerceptualHash.Distance(one.Hash, asked.Hash) <= threshold);

            Assert.Equal(first < 0 ? null : $"{first}", tree.FindNear(asked, threshold));
        }
        Assert.Equal(600, tree.Count);
    }

    [Fact]
    public void Signature_OfANoteThatWasChanged_IsNone()
    {
        PictureNote note = PictureNote.Of(Scenes.Of(1));

        Assert.Equal(PerceptualHash.Of(Scenes.Of(1)), note.Signature!.Hash);
        Assert.Null((note with { Hash = "0xzz" }).Signature);
        Assert.Null((note with { Colours = [1, 2, 3] }).Signature);
        Assert.Null((note with { Width = 0 }).Signature);
    }

    private static ulong Flipped(ulong hash, Random random, int bits)
    {
        for (int i = 0; i < bits; i++)
        {
            hash ^= 1UL << random.Next(64);
        }
        return hash;
    }

    /// <summary>The two-dimensional transform written out: every frequency from every pixel.</summary>
    private static ulong ByDefinition(RgbImage picture)
    {
        const int Side = 32;
        var values = new double[64];
        for (int v = 1; v <= 8; v++)
        {
            for (int u = 1; u <= 8; u++)
            {
                double sum = 0;
                for (int y = 0; y < Side; y++)
                {
                    for (int x = 0; x < Side; x++)
                    {
                        int at = ((y * Side) + x) * 3;
                        double brightness =
                            (0.299 * picture.Pixels[at])
                            + (0.587 * picture.Pixels[at + 1])
                            + (0.114 * picture.Pixels[at + 2]);
                        sum +=
                            brightness
                            * Math.Cos(Math.PI * u * (x + 0.5) / Side)
                            * Math.Cos(Math.PI * v * (y + 0.5) / Side);
                    }
                }
                values[((v - 1) * 8) + u - 1] = sum;
            }
        }
        double[] sorted = [.. values.Order()];
        double median = (sorted[31] + sorted[32]) / 2;
        return values.Select((value, i) => value > median ? 1UL << i : 0).Aggregate((one, other) => one | other);
    }
}
