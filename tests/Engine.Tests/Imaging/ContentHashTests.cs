using System.Security.Cryptography;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class ContentHashTests
{
    [Fact]
    public void Of_Bytes_IsTheirSha256()
    {
        byte[] content = [1, 2, 3];

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(content)), ContentHash.Of(content).ToString());
        Assert.Equal(ContentHash.Of(content), ContentHash.Of([1, 2, 3]));
        Assert.NotEqual(ContentHash.Of(content), ContentHash.Of([1, 2, 4]));
    }

    [Fact]
    public void Content_EqualPicturesOfDifferentObjects_IsEqual() =>
        Assert.Equal(TestImages.Photo(9, 7).Content, TestImages.Photo(9, 7).Content);

    [Fact]
    public void Content_SamePixelsInAnotherShape_Differs()
    {
        byte[] pixels = TestImages.Photo(6, 4).Pixels.ToArray();

        Assert.NotEqual(new RgbImage(6, 4, pixels).Content, new RgbImage(4, 6, pixels).Content);
        Assert.NotEqual(new RgbImage(6, 4, pixels).Content, new RgbImage(24, 1, pixels).Content);
    }

    [Fact]
    public void Content_EveryByteOfAPicture_Counts()
    {
        byte[] pixels = new byte[5 * 7 * RgbImage.Channels];
        var seen = new HashSet<ContentHash> { new RgbImage(5, 7, pixels).Content };

        for (int i = 0; i < pixels.Length; i++)
        {
            byte[] changed = [.. pixels];
            changed[i] = 1;
            Assert.True(seen.Add(new RgbImage(5, 7, changed).Content));
        }
    }

    [Fact]
    public void Content_OnePixelChanged_Differs()
    {
        byte[] pixels = TestImages.Photo(6, 4).Pixels.ToArray();
        byte[] changed = [.. pixels];
        changed[^1] ^= 1;

        Assert.NotEqual(new RgbImage(6, 4, pixels).Content, new RgbImage(6, 4, changed).Content);
    }
}
