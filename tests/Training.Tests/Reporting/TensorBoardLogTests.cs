using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Reporting;
using Microsoft.Extensions.Time.Testing;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class TensorBoardLogTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, 500, TimeSpan.Zero));

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Crc_OfTheReader_IsTheStandards() => Assert.Equal(0xE3069283, EventFileReader.Crc("123456789"u8));

    [Fact]
    public void Constructor_NewFile_SaysVersionAndWhereTheRunGoesOn()
    {
        new TensorBoardLog(_folder.Path, firstStep: 300, _time).Dispose();

        IReadOnlyList<byte[]> records = Read();
        Assert.Equal(2, records.Count);
        ILookup<int, object> version = EventFileReader.Fields(records[0]);
        Assert.Equal("brain.Event:2", EventFileReader.Text(Assert.Single(version[3])));
        Assert.Equal(1767323045.5, Assert.Single(version[1]));
        ILookup<int, object> start = EventFileReader.Fields(records[1]);
        Assert.Equal(300L, Assert.Single(start[2]));
        Assert.Equal(1L, Assert.Single(EventFileReader.Fields(Assert.Single(start[7]))[1]));
    }

    [Fact]
    public void Step_Record_HasItsCurves()
    {
        using (var log = new TensorBoardLog(_folder.Path, firstStep: 0, _time))
        {
            log.Step(StepRecords.Of(41, loss: 0.5) with { LossScale = 1024 });
            log.Scalar("validation/loss", double.NaN, step: 1_000_000);
        }

        IReadOnlyList<byte[]> records = Read();
        var step = Scalars(records[2], expectedStep: 41);
        Assert.Equal(0.5f, step["loss"]);
        Assert.Equal(0.25f, step["loss/removal"]);
        Assert.Equal(1f, step["loss/segmentation"]);
        Assert.Equal(1e-4f, step["lr"]);
        Assert.Equal(1.5f, step["grad_norm"]);
        Assert.Equal(40f, step["samples_per_second"]);
        Assert.Equal(0.9f, step["ema_decay"]);
        Assert.Equal(1024f, step["loss_scale"]);
        Assert.Equal(float.NaN, Scalars(records[3], expectedStep: 1_000_000)["validation/loss"]);
    }

    [Fact]
    public void Image_Grid_IsThePicture()
    {
        RgbImage picture = TestImages.Photo(37, 21);
        using (var log = new TensorBoardLog(_folder.Path, firstStep: 0, _time))
        {
            log.Image("validation/samples", picture, step: 7);
        }

        ILookup<int, object> happening = EventFileReader.Fields(Read()[2]);
        Assert.Equal(7L, Assert.Single(happening[2]));
        ILookup<int, object> value = EventFileReader.Fields(
            Assert.Single(EventFileReader.Fields(Assert.Single(happening[5]))[1])
        );
        Assert.Equal("validation/samples", EventFileReader.Text(Assert.Single(value[1])));
        ILookup<int, object> image = EventFileReader.Fields(Assert.Single(value[4]));
        Assert.Equal([21L, 37L, 3L], [Assert.Single(image[1]), Assert.Single(image[2]), Assert.Single(image[3])]);
        RgbImage decoded = ImageCodec.Decode((byte[])Assert.Single(image[4]), ImageDecodeLimits.Default).Image;
        Assert.Equal(0, TestImages.MaxDifference(picture, decoded));
    }

    [Fact]
    public void Constructor_LaterProcess_HasAFileThatComesAfter()
    {
        new TensorBoardLog(_folder.Path, firstStep: 0, _time).Dispose();
        _time.Advance(TimeSpan.FromHours(1));
        new TensorBoardLog(_folder.Path, firstStep: 5, _time).Dispose();

        string[] files = [.. Directory.GetFiles(_folder.Path).Order(StringComparer.Ordinal)];

        Assert.Equal(2, files.Length);
        Assert.All(files, file => Assert.Contains("tfevents", file, StringComparison.Ordinal));
        byte[] second = EventFileReader.Records(File.ReadAllBytes(files[1]))[1];
        Assert.Equal(5L, Assert.Single(EventFileReader.Fields(second)[2]));
    }

    private IReadOnlyList<byte[]> Read() =>
        EventFileReader.Records(File.ReadAllBytes(Assert.Single(Directory.GetFiles(_folder.Path))));

    private static Dictionary<string, float> Scalars(byte[] record, long expectedStep)
    {
        ILookup<int, object> happening = EventFileReader.Fields(record);
        Assert.Equal(expectedStep, Assert.Single(happening[2]));
        return EventFileReader
            .Fields(Assert.Single(happening[5]))[1]
            .Select(EventFileReader.Fields)
            .ToDictionary(
                value => EventFileReader.Text(Assert.Single(value[1])),
                value => (float)Assert.Single(value[2])
            );
    }
}
