using System.IO.Compression;
using System.Text;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights.TorchFiles;

public sealed class TorchFileTests
{
    private static readonly float[] _numbers = [.. Enumerable.Range(0, 12).Select(i => (float)i)];

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Fastest)]
    public void CopyTo_StridedViewsOfOneStorage_AreHonoured(CompressionLevel level)
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        writer.AddStorage("s", Bytes(_numbers));
        writer.AddView("whole", "s", ScalarType.Float32, 12, 0, [3, 4], [4, 1]);
        writer.AddView("transposed", "s", ScalarType.Float32, 12, 0, [4, 3], [1, 4]);
        writer.AddView("columns", "s", ScalarType.Float32, 12, 1, [3, 2], [4, 2]);
        writer.AddView("expanded", "s", ScalarType.Float32, 12, 5, [2, 3], [0, 0]);
        writer.AddView("channels_last", "s", ScalarType.Float32, 12, 0, [1, 3, 2, 2], [12, 1, 6, 3]);
        writer.AddView("empty", "s", ScalarType.Float32, 12, 12, [0, 4], [4, 1]);
        writer.AddView("scalar", "s", ScalarType.Float32, 12, 11, [], []);

        using var file = CheckpointFile.Open(folder.Write("m.pth", writer.ToFile(level)));

        Assert.Equal([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11], Values(file, "whole"));
        Assert.Equal([0, 4, 8, 1, 5, 9, 2, 6, 10, 3, 7, 11], Values(file, "transposed"));
        Assert.Equal([1, 3, 5, 7, 9, 11], Values(file, "columns"));
        Assert.Equal([5, 5, 5, 5, 5, 5], Values(file, "expanded"));
        Assert.Equal([0, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11], Values(file, "channels_last"));
        Assert.Empty(Values(file, "empty"));
        Assert.Equal([11], Values(file, "scalar"));
    }

    [Fact]
    public void CopyTo_LegacyFile_ReadsEveryStorage()
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        writer.AddStorage("94", Bytes([7, 8]));
        writer.AddStorage("12", Bytes(_numbers));
        writer.AddView("a", "12", ScalarType.Float32, 12, 4, [2, 2], [1, 2]);
        writer.AddView("b", "94", ScalarType.Float32, 2, 0, [2], [1]);

        using var file = CheckpointFile.Open(folder.Write("m.pth", writer.ToLegacyFile()));

        Assert.Equal([4, 6, 5, 7], Values(file, "a"));
        Assert.Equal([7, 8], Values(file, "b"));
    }

    [Fact]
    public void CopyTo_BoolsOtherThanZeroAndOne_BecomeOne()
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        writer.AddStorage("s", [0, 1, 2, 255]);
        writer.AddView("b", "s", ScalarType.Bool, 4, 0, [4], [1]);

        using var file = CheckpointFile.Open(folder.Write("m.pth", writer.ToFile()));
        using var tensor = file.Read("b");

        Assert.Equal<byte>([0, 1, 1, 1], tensor.bytes.ToArray());
    }

    public static TheoryData<string, long, long, long[], long[]> Misplaced =>
        new()
        {
            { "offset beyond", 12, 12, [1], [1] },
            { "offset negative", 12, -1, [1], [1] },
            { "offset overflows", 12, long.MaxValue, [2], [1] },
            { "last element beyond", 12, 1, [3, 4], [4, 1] },
            { "stride beyond", 12, 0, [2], [12] },
            { "stride negative", 12, 5, [2], [-1] },
            { "stride overflows", 12, 0, [3], [long.MaxValue] },
            { "shape negative", 12, 0, [-1], [1] },
            { "shape overflows", 12, 0, [long.MaxValue, long.MaxValue], [0, 0] },
            { "expanded to gigabytes", 12, 0, [1 << 30], [0] },
            { "ranks differ", 12, 0, [3, 4], [1] },
            { "storage shorter than declared", 13, 0, [13], [1] },
            { "storage count overflows", long.MaxValue, 0, [1], [1] },
            { "storage count negative", -1, 0, [1], [1] },
        };

    [Theory]
    [MemberData(nameof(Misplaced))]
    public void Open_TensorOutsideItsStorage_Refuses(string what, long count, long offset, long[] shape, long[] strides)
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        writer.AddStorage("s", Bytes(_numbers));
        writer.AddView(what, "s", ScalarType.Float32, count, offset, shape, strides);
        var path = folder.Write("m.pth", writer.ToFile());

        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));

        Assert.Contains("storage", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_StorageMissingOrElsewhere_Refuses()
    {
        using var folder = new TempFolder();
        foreach (var key in (string[])["none", "../../etc/passwd", "/s", ""])
        {
            using var writer = new TorchPickleWriter();
            writer.AddView("x", key, ScalarType.Float32, 1, 0, [1], [1]);
            var path = folder.Write("m.pth", writer.ToFile());

            Assert.Contains(
                "is not in the file",
                Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path)).Message,
                StringComparison.Ordinal
            );
        }
    }

    [Theory]
    [InlineData("cos\nsystem\n(X\u0002\0\0\0lstR.", "os.system")]
    [InlineData("N.", "no dictionary")]
    [InlineData("}.", "no state dict")]
    [InlineData("}(X\u0001\0\0\0aK\u0001u.", "no state dict")]
    [InlineData("}(X\u0001\0\0\0actorch._utils\n_rebuild_tensor_v2\n)Ru.", "described in an unknown way")]
    [InlineData("}(X\u0001\0\0\0a(X\u0007\0\0\0storagectorch\nFloatStorage\nX\u0001\0\0\0stQu.", "persistent id")]
    [InlineData("}q\0(X\u000a\0\0\0state_dicth\0u.", "no state dict")]
    public void Open_HostilePickle_SaysWhy(string pickle, string expected)
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        var path = folder.Write("m.pth", writer.ToZip(Encoding.Latin1.GetBytes(pickle)));

        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ZipBomb_RefusesBeforeUnpacking()
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        writer.AddStorage("s", new byte[300 << 20]);
        writer.AddView("x", "s", ScalarType.Float32, 1, 0, [1], [1]);
        var path = folder.Write("m.pth", writer.ToFile(CompressionLevel.Fastest));
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));

        Assert.Contains("zip bomb", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 16 << 20);
    }

    [Fact]
    public void Open_ZipLyingAboutSizes_Refuses()
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        writer.AddStorage("s", Bytes(_numbers));
        writer.AddView("x", "s", ScalarType.Float32, 12, 0, [12], [1]);
        var bytes = writer.ToFile();
        // The directory's sizes of the last entry (NAME/data/s): 48 bytes, now almost 4 GB.
        var directory = bytes.AsSpan().LastIndexOf("PK\u0001\u0002"u8);
        bytes.AsSpan(directory + 20, 8).Fill(0xfe);
        var path = folder.Write("m.pth", bytes);

        var error = Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));

        Assert.Contains("impossible sizes", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_BigEndian_Refuses()
    {
        using var folder = new TempFolder();
        using var writer = new TorchPickleWriter();
        var bytes = writer.ToFile();
        "bigger"u8.CopyTo(bytes.AsSpan(bytes.AsSpan().IndexOf("little"u8)));

        Assert.Contains(
            "big-endian",
            Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(folder.Write("m.pth", bytes))).Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_ZipOfOtherThings_SaysSo()
    {
        using var folder = new TempFolder();
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            zip.CreateEntry("word/document.xml");
        }

        Assert.Contains(
            "0 data.pkl",
            Assert
                .Throws<CheckpointFormatException>(() => CheckpointFile.Open(folder.Write("m.ckpt", stream.ToArray())))
                .Message,
            StringComparison.Ordinal
        );
    }

    [Fact]
    public void Open_LegacyTruncatedAnywhere_Refuses()
    {
        using var folder = new TempFolder();
        var bytes = File.ReadAllBytes(WeightFixtures.Public("ldm", "ldm_tiny_legacy.ckpt"));

        foreach (var length in (int[])[5, 14, 20, 100, 5000, 43392, 48278, 48285, 48290, 200_000, bytes.Length - 1])
        {
            var path = folder.Write("m.ckpt", bytes.AsSpan(0, length));
            Assert.Throws<CheckpointFormatException>(() => CheckpointFile.Open(path));
        }
    }

    private static float[] Values(ITensorSource file, string name)
    {
        using var tensor = file.Read(name);
        return [.. tensor.data<float>()];
    }

    private static byte[] Bytes(float[] values) =>
        System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
}
