using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text.Json;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Imaging;

public sealed class PixelTensorsTests
{
    private static readonly string Fixtures = RepositoryRoot.Of("tests", "Fixtures", "public");

    [Fact]
    public void ToTensor_EveryLevel_IsTheReferenceFormula()
    {
        var pixels = new byte[256 * 3];
        for (int i = 0; i < 256; i++)
        {
            (pixels[3 * i], pixels[(3 * i) + 1], pixels[(3 * i) + 2]) = ((byte)i, (byte)(255 - i), 7);
        }

        using torch.Tensor tensor = PixelTensors.ToTensor(new RgbImage(64, 4, pixels));

        Assert.Equal([1, 3, 4, 64], tensor.shape);
        Assert.Equal(torch.ScalarType.Float32, tensor.dtype);
        float[] values = tensor.data<float>().ToArray();
        for (int i = 0; i < 256; i++)
        {
            Assert.Equal((2f * i / 255f) - 1f, values[i]);
            Assert.Equal((2f * (255 - i) / 255f) - 1f, values[256 + i]);
        }
        Assert.Equal((-1f, 1f), (values[0], values[255]));
    }

    [Theory]
    [InlineData("ddim10")]
    [InlineData("ddim20_nonsquare")]
    public void ToTensor_ReferenceInput_EqualsDiffusers(string run)
    {
        RgbImage input = Read($"pipeline/{run}_input.png");
        float[] expected = ReadTensor<float>($"pipeline/{run}.safetensors", "image", out _);

        using torch.Tensor tensor = PixelTensors.ToTensor(input);

        Assert.Equal(expected, tensor.data<float>().ToArray());
    }

    [Theory]
    [InlineData("ddim10")]
    [InlineData("ddim20_nonsquare")]
    [InlineData("ddim5_batch2_negative")]
    [InlineData("ddim5_eta1")]
    [InlineData("ddim5_no_cfg")]
    [InlineData("dpmpp2m8")]
    [InlineData("euler10")]
    [InlineData("euler_a10")]
    public void ToImage_Nearest_EqualsDiffusers(string run)
    {
        float[] decoded = ReadTensor<float>($"pipeline/{run}.safetensors", "decoded", out long[] shape);
        using torch.Tensor batch = torch.tensor(decoded, shape);
        for (int row = 0; row < shape[0]; row++)
        {
            using torch.Tensor one = batch.narrow(0, row, 1);

            RgbImage image = PixelTensors.ToImage(one);

            Assert.Equal(Read($"pipeline/{run}_output{row}.png").Pixels, image.Pixels);
        }
    }

    [Theory]
    [InlineData("instructdiffusion_euler_a")]
    [InlineData("ip2p_euler_a")]
    [InlineData("ip2p_euler")]
    public void ToImage_Truncate_EqualsTheAuthorsScript(string run)
    {
        float[] decoded = ReadTensor<float>($"k_diffusion/{run}.safetensors", "decoded", out long[] shape);
        byte[] expected = ReadTensor<byte>($"k_diffusion/{run}.safetensors", "image_uint8_truncated", out _);
        using torch.Tensor tensor = torch.tensor(decoded, shape);

        RgbImage image = PixelTensors.ToImage(tensor, PixelRounding.Truncate);

        int plane = image.Width * image.Height;
        for (int i = 0; i < expected.Length; i++)
        {
            Assert.Equal(expected[i], image.Pixels[(i % plane * 3) + (i / plane)]);
        }
    }

    [Theory]
    [InlineData(PixelRounding.Nearest)]
    [InlineData(PixelRounding.Truncate)]
    public void ToImage_AfterToTensor_IsAtMostOneLevelOff(PixelRounding rounding)
    {
        RgbImage photo = TestImages.Photo(40, 30);
        using torch.Tensor tensor = PixelTensors.ToTensor(photo);

        RgbImage back = PixelTensors.ToImage(tensor, rounding);

        Assert.InRange(TestImages.MaxDifference(photo, back), 0, rounding == PixelRounding.Nearest ? 0 : 1);
    }

    [Fact]
    public void ToImage_OutOfRangeAndHalfPrecision_AreClampedAndRead()
    {
        using torch.Tensor tensor = torch.tensor(new float[] { -3, 3, 0, -1, 1, 0.5f }, [1, 3, 1, 2]);
        using torch.Tensor half = tensor.to(torch.ScalarType.Float16);

        byte[] expected = [0, 128, 255, 255, 0, 191];
        Assert.Equal(expected, PixelTensors.ToImage(tensor).Memory.ToArray());
        Assert.Equal(expected, PixelTensors.ToImage(half).Memory.ToArray());
    }

    [Fact]
    public void ToImage_AnotherShape_IsRefused()
    {
        using torch.Tensor batch = torch.zeros(2, 3, 8, 8);
        using torch.Tensor latents = torch.zeros(1, 4, 8, 8);
        using torch.Tensor bytes = torch.zeros(1, 3, 8, 8, dtype: torch.ScalarType.Byte);

        foreach (torch.Tensor tensor in (torch.Tensor[])[batch, latents, bytes])
        {
            Assert.Throws<ArgumentException>("image", () => PixelTensors.ToImage(tensor));
        }
    }

    [Theory]
    [InlineData(0f, true)]
    [InlineData(3.4e38f, true)]
    [InlineData(float.NaN, false)]
    [InlineData(float.PositiveInfinity, false)]
    [InlineData(float.NegativeInfinity, false)]
    public void IsFinite_OneOddValue_IsFound(float value, bool expected)
    {
        using torch.Tensor tensor = torch.zeros(1, 3, 16, 16);
        tensor[0, 2, 7, 9] = value;

        Assert.Equal(expected, PixelTensors.IsFinite(tensor));
    }

    [Fact]
    public void Conversions_LeaveOnlyTheResult()
    {
        RgbImage photo = TestImages.Photo(40, 30);
        using var scope = torch.NewDisposeScope();

        torch.Tensor tensor = PixelTensors.ToTensor(photo);
        PixelTensors.ToImage(tensor);
        PixelTensors.IsFinite(tensor);

        Assert.Equal(1, scope.DisposablesCount);
        Assert.False(tensor.IsInvalid);
    }

    private static RgbImage Read(string file) =>
        ImageCodec.Decode(File.ReadAllBytes(Path.Combine(Fixtures, file)), ImageDecodeLimits.Default).Image;

    /// <summary>One tensor of a safetensors file, read here by hand so that these tests rest on nothing but the file.</summary>
    private static T[] ReadTensor<T>(string file, string name, out long[] shape)
        where T : unmanaged
    {
        byte[] bytes = File.ReadAllBytes(Path.Combine(Fixtures, file));
        int headerLength = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        using var header = JsonDocument.Parse(bytes.AsMemory(8, headerLength));
        JsonElement entry = header.RootElement.GetProperty(name);
        shape = [.. entry.GetProperty("shape").EnumerateArray().Select(side => side.GetInt64())];
        int begin = entry.GetProperty("data_offsets")[0].GetInt32();
        int end = entry.GetProperty("data_offsets")[1].GetInt32();
        return MemoryMarshal.Cast<byte, T>(bytes.AsSpan(8 + headerLength + begin, end - begin)).ToArray();
    }
}
