using System.Buffers.Binary;
using System.Text;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights.Safetensors;

public sealed class SafetensorsFileTests
{
    [Fact]
    public void Write_EveryType_ReadsBackBitForBit()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        ScalarType[] types =
        [
            ScalarType.Float64,
            ScalarType.Float32,
            ScalarType.Float16,
            ScalarType.BFloat16,
            ScalarType.Int64,
            ScalarType.Int32,
            ScalarType.Int16,
            ScalarType.Int8,
            ScalarType.Byte,
            ScalarType.Bool,
        ];
        using var source = new NamedTensors("test");
        foreach (var type in types)
        {
            source.Add(type.ToString(), tensor(new[] { 0.0, 1.0, 2.0, -3.0, 100.0, 0.5 }).view(2, 3).abs().to(type));
        }
        source.Add("scalar", tensor(1.5f));
        source.Add("empty", zeros(0, 4));

        Write(folder.Of("t.safetensors"), source, new Dictionary<string, string> { ["step"] = "7" });

        using var file = SafetensorsFile.Open(folder.Of("t.safetensors"));
        TensorAssert.SameTensors(source, file);
        Assert.All(types, type => Assert.Equal(type, file.Info(type.ToString()).DType));
        Assert.Equal("7", file.Metadata["step"]);
        Assert.Equal("pt", file.Metadata["format"]);
        Assert.Equal(0, file.Info("scalar").Shape.Length);
    }

    [Theory]
    [InlineData(ScalarType.Float16, ScalarType.Float32)]
    [InlineData(ScalarType.Float32, ScalarType.BFloat16)]
    [InlineData(ScalarType.Int32, ScalarType.Int64)]
    public void CopyTo_OtherTypeOrStrides_Converts(ScalarType stored, ScalarType wanted)
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var values = arange(12, dtype: stored).view(3, 4);
        using var source = new NamedTensors("test") { { "x", values } };
        Write(folder.Of("t.safetensors"), source);
        using var file = SafetensorsFile.Open(folder.Of("t.safetensors"));
        var packed = zeros([3, 4], wanted);
        var transposed = zeros([4, 3], wanted).t();

        file.CopyTo("x", packed);
        file.CopyTo("x", transposed);

        Assert.True(packed.eq(values.to(wanted)).all().item<bool>());
        Assert.True(transposed.eq(packed).all().item<bool>());
    }

    [Fact]
    public void CopyTo_LargerThanAPiece_CopiesAll()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        var values = arange((4 << 20) + 17, dtype: ScalarType.Float32).remainder(2048);
        using var source = new NamedTensors("test") { { "x", values } };
        SafetensorsWriter.Write(
            folder.Of("t"),
            source,
            ScalarType.Float16,
            cancellationToken: TestContext.Current.CancellationToken
        );
        using var file = SafetensorsFile.Open(folder.Of("t"));
        var copy = zeros_like(values);

        file.CopyTo("x", copy);

        Assert.True(copy.eq(values).all().item<bool>());
    }

    [Fact]
    public void CopyTo_Misfit_SaysBothShapes()
    {
        using var file = SafetensorsFile.Open(WeightFixtures.Public("ldm", "ldm_tiny.safetensors"));
        using var small = zeros(3);
        using var integers = zeros([4], ScalarType.Int64);

        var error = Assert.Throws<ArgumentException>(() => file.CopyTo("model.diffusion_model.out.2.bias", small));
        Assert.Contains("Float16 [4] does not fit [3]", error.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => file.CopyTo("model.diffusion_model.out.2.bias", integers));
        Assert.Throws<KeyNotFoundException>(() => file.CopyTo("nothing", small));
    }

    [Fact]
    public void Read_EveryTensor_LeavesNoTensorBehind()
    {
        using var file = SafetensorsFile.Open(WeightFixtures.Public("ldm", "ldm_tiny.safetensors"));
        using var destination = zeros([1000, 24]);

        LeakAssert.Leaves(
            0,
            () => file.CopyTo("cond_stage_model.transformer.text_model.embeddings.token_embedding.weight", destination)
        );
        LeakAssert.Leaves(0, () => file.Read("first_stage_model.quant_conv.bias").Dispose());
    }

    [Fact]
    public void Write_OverflowingType_Refuses()
    {
        using var folder = new TempFolder();
        using var scope = NewDisposeScope();
        using var source = new NamedTensors("test") { { "x", tensor(new[] { 1e6f }) } };

        Assert.Throws<CheckpointFormatException>(() =>
            SafetensorsWriter.Write(
                folder.Of("t"),
                source,
                ScalarType.Float16,
                cancellationToken: TestContext.Current.CancellationToken
            )
        );
        Assert.Empty(Directory.EnumerateFiles(folder.Path));
    }

    public static TheoryData<string, string> HostileHeaders =>
        new()
        {
            { "not json", "not valid JSON" },
            { "[]", "must be a JSON StartObject" },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}""", "not valid JSON" },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}} x""", "not valid JSON" },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}}""", "needs 4 bytes but has 8" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}""", "needs 8 bytes but has 4" },
            { """{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}""", "whole numbers" },
            { """{"a":{"dtype":"F32","shape":[1.5],"data_offsets":[0,4]}}""", "whole numbers" },
            { """{"a":{"dtype":"F32","shape":[4611686018427387904,4],"data_offsets":[0,8]}}""", "impossible shape" },
            { """{"a":{"dtype":"F32","shape":[4611686018427387904,4,0],"data_offsets":[0,0]}}""", "impossible shape" },
            { """{"a":{"dtype":"F32","shape":[99999999999999999999],"data_offsets":[0,8]}}""", "whole numbers" },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[8,12]}}""", "damaged or incomplete" },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}""", "damaged or incomplete" },
            {
                """{"a":{"dtype":"F32","shape":[0],"data_offsets":[9223372036854775807,9223372036854775807]}}""",
                "damaged or incomplete"
            },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""", "belong to no tensor" },
            { """{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}""", "at its end belong to no tensor" },
            {
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}""",
                "overlaps"
            },
            {
                """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}""",
                "listed twice"
            },
            { """{"a":{"dtype":"F8_E4M3","shape":[8],"data_offsets":[0,8]}}""", "unsupported type 'F8_E4M3'" },
            { """{"a":{"dtype":7,"shape":[8],"data_offsets":[0,8]}}""", "dtype of 'a'" },
            { """{"a":{"shape":[8],"data_offsets":[0,8]}}""", "lacks its dtype" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0]}}""", "lacks its dtype" },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8,8]}}""", "at most 2 whole numbers" },
            {
                """{"a":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,2],"data_offsets":[0,8]}}""",
                "at most 16"
            },
            { """{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8],"extra":1}}""", "unknown or repeated field" },
            { """{"__metadata__":{"a":1}}""", "__metadata__ 'a'" },
            { """{"a":{"a":{"a":{}}}}""", "unknown or repeated field" },
            { "{\"\\ud800\":{}}", "not valid JSON" },
        };

    [Theory]
    [MemberData(nameof(HostileHeaders))]
    public void Open_HostileHeader_SaysWhatIsWrong(string header, string expected)
    {
        using var folder = new TempFolder();
        var json = Encoding.UTF8.GetBytes(header);
        var path = folder.Write("t", [.. BitConverter.GetBytes((long)json.Length), .. json, .. new byte[8]]);

        var error = Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 40)]
    [InlineData(100UL)]
    public void Open_HugeHeaderLength_AllocatesNothing(ulong length)
    {
        using var folder = new TempFolder();
        var bytes = new byte[32];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, length);
        var path = folder.Write("t", bytes);
        var before = GC.GetAllocatedBytesForCurrentThread();

        Assert.Throws<CheckpointFormatException>(() => SafetensorsFile.Open(path));

        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1 << 20);
    }

    private static void Write(string path, ITensorSource source, Dictionary<string, string>? metadata = null) =>
        SafetensorsWriter.Write(path, source, null, metadata, cancellationToken: TestContext.Current.CancellationToken);
}
