using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Construction.Inpainting;

/// <summary>With ONNX files of one subtraction and one multiplication: the picture without what the mask covers.</summary>
public sealed class LamaInpaintingTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0, 0)]
    [InlineData(40, 24)]
    public void Fill_AnyOrItsOwnSize_GivesWhatTheModelGives(int fixedWidth, int fixedHeight)
    {
        string path = Write(fixedWidth, fixedHeight);
        using var lama = new LamaInpainting(path, TestContext.Current.CancellationToken);
        RgbImage image = TestImages.Photo(40, 24);
        var mask = new RegionMask(40, 24, [.. Enumerable.Range(0, 960).Select(i => i % 40 < 10)]);

        RgbImage filled = lama.Fill(image, mask, "sun", seed: 0, TestContext.Current.CancellationToken);

        Assert.Equal((40, 24), (filled.Width, filled.Height));
        for (int i = 0; i < 960; i++)
        {
            byte[] expected = mask.Pixels[i] ? [0, 0, 0] : image.Pixels.Slice(3 * i, 3).ToArray();
            Assert.Equal(expected, filled.Pixels.Slice(3 * i, 3).ToArray());
        }
        Assert.Equal(("lama-onnx", 64), (lama.Model.Name, lama.Model.Sha256!.Length));
    }

    [Fact]
    public void Fill_SizeOfNoWholeEights_IsPaddedAndCutAgain()
    {
        using var lama = new LamaInpainting(Write(0, 0), TestContext.Current.CancellationToken);
        RgbImage image = TestImages.Photo(21, 13);
        var mask = new RegionMask(21, 13, new bool[21 * 13]);

        RgbImage filled = lama.Fill(image, mask, "sun", seed: 0, TestContext.Current.CancellationToken);

        Assert.Equal(image.Content, filled.Content);
    }

    [Fact]
    public void Open_FilesThatAreNoLama_AreRefused()
    {
        string noModel = _folder.Of("text.onnx");
        File.WriteAllText(noModel, "not a model");

        Assert.Throws<DatasetException>(() => new LamaInpainting(_folder.Of("missing.onnx")));
        Assert.Throws<DatasetException>(() => new LamaInpainting(noModel));
    }

    // An ONNX model: fields of ModelProto, GraphProto and so on by their numbers in onnx.proto.
    private string Write(int width, int height)
    {
        ProtobufWriter one = new ProtobufWriter().Integer(2, 1).Float(4, 1f).Text(8, "one"); // FLOAT, float_data
        ProtobufWriter graph = new ProtobufWriter()
            .Message(1, Node("Sub", "one", "mask", "kept"))
            .Message(1, Node("Mul", "image", "kept", "output"))
            .Text(2, "lama")
            .Message(5, one)
            .Message(11, Value("image", 3, width, height))
            .Message(11, Value("mask", 1, width, height))
            .Message(12, Value("output", 3, width, height));
        byte[] model = new ProtobufWriter()
            .Integer(1, 8) // ir_version
            .Message(7, graph)
            .Message(8, new ProtobufWriter().Text(1, "").Integer(2, 13)) // opset 13
            .ToArray();
        string path = _folder.Of("lama.onnx");
        File.WriteAllBytes(path, model);
        return path;
    }

    private static ProtobufWriter Node(string operation, string one, string two, string result) =>
        new ProtobufWriter().Text(1, one).Text(1, two).Text(2, result).Text(4, operation);

    private static ProtobufWriter Value(string name, int channels, int width, int height)
    {
        ProtobufWriter shape = new ProtobufWriter()
            .Message(1, new ProtobufWriter().Integer(1, 1))
            .Message(1, new ProtobufWriter().Integer(1, channels))
            .Message(1, Side(height, "h"))
            .Message(1, Side(width, "w"));
        ProtobufWriter tensor = new ProtobufWriter().Integer(1, 1).Message(2, shape);
        return new ProtobufWriter().Text(1, name).Message(2, new ProtobufWriter().Message(1, tensor));
    }

    private static ProtobufWriter Side(int pixels, string name) =>
        pixels > 0 ? new ProtobufWriter().Integer(1, pixels) : new ProtobufWriter().Text(2, name);
}
