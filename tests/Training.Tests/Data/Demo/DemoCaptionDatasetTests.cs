using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Demo;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Data.Demo;

public sealed class DemoCaptionDatasetTests : IDisposable
{
    private readonly DemoSources _sources = new();
    private readonly DemoCaptionDataset _set;

    public DemoCaptionDatasetTests() => _set = new(_sources.Open(), DemoSplit.Train, 48, seed: 1, count: 200);

    public void Dispose() => _sources.Dispose();

    [Fact]
    public void Describe_SaysWhatReadSays()
    {
        for (int i = 0; i < 40; i++)
        {
            EditSample picture = _set.Read(i, Phrasing(0), Phrasing(i));

            Assert.Equal((picture.Instruction, picture.Task), _set.Describe(i, Phrasing(1), Phrasing(i)));
            Assert.Equal(48, picture.Target.Width);
        }
    }

    [Fact]
    public void Captions_MentionMarksInAboutHalfOfThePictures()
    {
        string[] captions =
        [
            .. Enumerable.Range(0, 200).Select(i => _set.Describe(i, Phrasing(0), Phrasing(i)).Instruction),
        ];

        Assert.InRange(captions.Count(caption => caption.Contains(", with ", StringComparison.Ordinal)), 70, 130);
        Assert.All(captions, caption => Assert.DoesNotContain('{', caption));
    }

    [Fact]
    public void Read_WithAnotherPhrasing_KeepsThePixels()
    {
        Assert.Equal(
            _set.Read(7, Phrasing(0), Phrasing(1)).Target.Pixels,
            _set.Read(7, Phrasing(0), Phrasing(2)).Target.Pixels
        );
    }

    [Fact]
    public void Marks_OfOneKind_CoverTheirPlace()
    {
        var pixels = new byte[48 * 48 * 3];
        var patch = new CaptionMark(NamedColor.Segmentation[0], false, 0.5, 0.5, 0.4, 0.4);

        patch.Paint(pixels, 48);

        Assert.Equal(128, pixels[(24 * 48 + 24) * 3]);
        Assert.Equal(0, pixels[0]);
        Assert.Equal("a red patch in the middle", patch.Words);
    }

    private static CounterRandom Phrasing(long index) => new(5, RandomPurpose.Phrasing, index);
}
