using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Editing;

/// <summary>InstructPix2Pix's zip shards as they lie on users' disks, made small; and zip files that are none.</summary>
public sealed class InstructPix2PixTests : IDisposable
{
    private static readonly RgbImage _before = TestImages.Photo(64, 64, 1);
    private static readonly RgbImage _after = TestImages.Photo(64, 64, 2);

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData(CompressionLevel.NoCompression)]
    [InlineData(CompressionLevel.Optimal)]
    public void Read_PairsOfSeveralShards_InPlace(CompressionLevel level)
    {
        Seeds(20);
        Shard("shard-00.zip", level, Enumerable.Range(0, 10));
        Shard("shard-01.zip", level, Enumerable.Range(10, 10), around: "shard-01/");
        Filter("0000001/11", "0000011/21", "0000019/21", "unknown/1");

        IEditDataset set = _workshop.Open(DataSourceKind.InstructPix2Pix, source => source with { Flip = 0 });

        Assert.Equal(2, set.Count); // 19 is in the last tenth
        Assert.Empty(_workshop.Rejections.Rejected);
        Assert.Equal(34, _workshop.Rejections.LeftOut.Single().Count); // 18 names of 2, less those kept
        EditSample sample = DatasetWorkshop.Read(set, 1);
        Assert.Equal(("edit 11", "editing"), (sample.Instruction, sample.Task));
        Assert.Equal(_before.Pixels, sample.Source.Pixels);
        Assert.Equal(_after.Pixels, sample.Target.Pixels);
        Assert.Equal(("edit 1", "editing"), set.Describe(0, default, default));
    }

    [Theory]
    [InlineData("train", 36)]
    [InlineData("val", 2)]
    [InlineData("test", 2)]
    public void Open_WithoutFilter_HasNineTenthsToTrainOn(string split, int pairs)
    {
        Seeds(20);
        Shard("shard-00.zip", CompressionLevel.Fastest, Enumerable.Range(0, 20));

        Assert.Equal(
            pairs,
            _workshop
                .Open(DataSourceKind.InstructPix2Pix, source => source with { Split = split, Filter = "none" })
                .Count
        );
    }

    [Fact]
    public void Open_FilterThatIsMissing_IsAskedFor()
    {
        Seeds(2);
        Shard("shard-00.zip", CompressionLevel.Fastest, [0]);

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.InstructPix2Pix));

        Assert.Contains("filtered_ids_ip2p.json: not found", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PairsThatNoShardHolds_AreRejected()
    {
        Seeds(10);
        Shard("shard-00.zip", CompressionLevel.Fastest, [0, 1]);

        IEditDataset set = _workshop.Open(DataSourceKind.InstructPix2Pix, source => source with { Filter = "none" });

        Assert.Equal(4, set.Count);
        Assert.Equal(("a pair that no shard holds", 14), _workshop.OnlyRejection());
    }

    [Fact]
    public void Read_BrokenPicture_IsABrokenSample_OrWhiteAsReleased()
    {
        Seeds(10);
        using (ZipArchive zip = Create("shard-00.zip"))
        {
            Add(zip, "0000000/prompt.json", """{"edit": "x"}"""u8.ToArray());
            Add(zip, "0000000/10_0.jpg", ImageCodec.Encode(_before, ImageFileFormat.Png));
            Add(zip, "0000000/10_1.jpg", [1, 2, 3]);
        }
        Filter("0000000/10");

        Assert.Throws<BrokenSampleException>(() =>
            DatasetWorkshop.Read(_workshop.Open(DataSourceKind.InstructPix2Pix), 0)
        );
        EditSample white = DatasetWorkshop.Read(
            _workshop.Open(
                DataSourceKind.InstructPix2Pix,
                source => source with { AsReleased = [ReleasedDefect.WhiteForBroken] }
            ),
            0
        );
        Assert.False(white.Target.Pixels.ContainsAnyExcept((byte)255));
        Assert.True(white.Source.Pixels.ContainsAnyExcept((byte)255));
    }

    [Fact]
    public void Open_NamesThatLeaveTheFolder_AreOnlyNames()
    {
        _workshop.Write("seeds.json", """[["../../evil", [1]], ["0000000", [10]], ["b", [1]]]""");
        using (ZipArchive zip = Create("shard-00.zip"))
        {
            Pair(zip, "../../evil", "1");
            Pair(zip, "/etc", "1");
            Pair(zip, "0000000", "10");
        }

        IEditDataset set = _workshop.Open(DataSourceKind.InstructPix2Pix, source => source with { Filter = "none" });

        Assert.Equal(2, set.Count);
        Assert.NotEmpty(DatasetWorkshop.Read(set, 0).Instruction);
        Assert.Equal(
            ["seeds.json", "shard-00.zip"],
            Directory.EnumerateFileSystemEntries(_workshop.Root).Select(Path.GetFileName).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Read_MemberThatUnpacksToMoreThanItSays_IsABrokenSample()
    {
        Seeds(10);
        string path = Shard("shard-00.zip", CompressionLevel.Optimal, [0]);
        Filter("0000000/10");
        // A gigabyte of zeros packed into a megabyte, under the length of a small picture.
        byte[] packed = RawDeflatedZeros(8 << 20);
        ReplaceMember(path, "0000000/10_0.jpg", packed);
        IEditDataset set = _workshop.Open(DataSourceKind.InstructPix2Pix);

        var thrown = Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(set, 0));

        Assert.Contains("longer than it says", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_MemberThatSaysItIsHuge_IsRefusedUnread()
    {
        var member = new ZipMember(0, 100, 200_000_000, IsDeflated: true);

        var thrown = Assert.Throws<BrokenSampleException>(() => member.Read("/nowhere", 128_000_000));

        Assert.Contains("a member of 200,000,000 bytes", thrown.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("rubbish")]
    [InlineData("cut off")]
    [InlineData("directory outside")]
    [InlineData("directory damaged")]
    public void Open_ShardThatIsNoZip_IsNamed(string damage)
    {
        Seeds(10);
        string path = Shard("shard-00.zip", CompressionLevel.Fastest, [0]);
        byte[] bytes = File.ReadAllBytes(path);
        int end = bytes.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        switch (damage)
        {
            case "rubbish":
                bytes = new byte[100_000];
                break;
            case "cut off":
                bytes = bytes[..(bytes.Length / 2)];
                break;
            case "directory outside":
                BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(end + 16), int.MaxValue);
                break;
            default:
                bytes[bytes.AsSpan().IndexOf("PK\u0001\u0002"u8) + 1] ^= 1;
                break;
        }
        File.WriteAllBytes(path, bytes);

        var thrown = Assert.Throws<DatasetException>(() =>
            _workshop.Open(DataSourceKind.InstructPix2Pix, source => source with { Filter = "none" })
        );

        Assert.Contains("shard-00.zip: not a zip file", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_EmptyShard_IsNamed()
    {
        Seeds(10);
        _workshop.Write("shard-00.zip", []);

        var thrown = Assert.Throws<DatasetException>(() =>
            _workshop.Open(DataSourceKind.InstructPix2Pix, source => source with { Filter = "none" })
        );

        Assert.Contains("shard-00.zip: is empty", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ZipDirectory_Zip64_HasOffsetsBeyondFourGigabytes()
    {
        // A sparse file: five gigabytes of nothing, then a member, its directory and the 64-bit end records.
        string path = Path.Combine(_workshop.Root, "large.zip");
        const long Start = 5L << 30;
        using (FileStream file = File.Create(path))
        {
            file.Position = Start;
            file.Write(LocalHeader("a/b.txt", 5));
            file.Write("hello"u8);
            long directory = file.Position;
            file.Write(WideEntry("a/b.txt", 5, Start));
            long end = file.Position;
            file.Write(WideEnd(directory, end - directory, end));
        }
        var found = new List<(string, ZipMember)>();

        ZipDirectory.Read(
            path,
            (name, member) => found.Add((name, member)),
            new RejectionLog(),
            CancellationToken.None
        );

        (string only, ZipMember hello) = Assert.Single(found);
        Assert.Equal("a/b.txt", only);
        Assert.Equal("hello"u8.ToArray(), hello.Read(path, 100));
    }

    private void Seeds(int names) =>
        _workshop.Write(
            "seeds.json",
            $"[{string.Join(',', Enumerable.Range(0, names).Select(i => $"[\"{i:D7}\", [{i + 10}, \"{2 * i + 1000}\"]]"))}]"
        );

    private void Filter(params string[] ids) =>
        _workshop.Write("filtered_ids_ip2p.json", $"[{string.Join(',', ids.Select(id => $"\"{id}\""))}]");

    private string Shard(string name, CompressionLevel level, IEnumerable<int> prompts, string around = "")
    {
        using ZipArchive zip = Create(name);
        foreach (int i in prompts)
        {
            Pair(zip, $"{around}{i:D7}", $"{i + 10}", level, $"edit {i}");
            Pair(zip, $"{around}{i:D7}", $"{2 * i + 1000}", level, null);
            Add(zip, $"{around}{i:D7}/metadata.jsonl", "{}"u8.ToArray(), level);
        }
        return Path.Combine(_workshop.Root, name);
    }

    private ZipArchive Create(string name) => ZipFile.Open(Path.Combine(_workshop.Root, name), ZipArchiveMode.Create);

    private static void Pair(
        ZipArchive zip,
        string folder,
        string seed,
        CompressionLevel level = CompressionLevel.Fastest,
        string? edit = "edit"
    )
    {
        if (edit is not null)
        {
            string prompt = $$"""{"edit": "{{edit}}", "input": "a", "output": "b", "url": "c"}""";
            Add(zip, $"{folder}/prompt.json", Encoding.UTF8.GetBytes(prompt), level);
        }
        Add(zip, $"{folder}/{seed}_0.jpg", ImageCodec.Encode(_before, ImageFileFormat.Png), level);
        Add(zip, $"{folder}/{seed}_1.jpg", ImageCodec.Encode(_after, ImageFileFormat.Png), level);
    }

    private static void Add(
        ZipArchive zip,
        string name,
        byte[] bytes,
        CompressionLevel level = CompressionLevel.Fastest
    )
    {
        using Stream stream = zip.CreateEntry(name, level).Open();
        stream.Write(bytes);
    }

    private static byte[] RawDeflatedZeros(int length)
    {
        using var packed = new MemoryStream();
        using (var deflate = new DeflateStream(packed, CompressionLevel.Optimal, leaveOpen: true))
        {
            deflate.Write(new byte[length]);
        }
        return packed.ToArray();
    }

    /// <summary>Puts other packed bytes behind the directory's entry of a member, whose unpacked length stays.</summary>
    private static void ReplaceMember(string path, string name, byte[] packed)
    {
        byte[] bytes = File.ReadAllBytes(path);
        byte[] header = LocalHeader(name, 0);
        int entry = bytes.AsSpan().LastIndexOf(Encoding.ASCII.GetBytes(name)) - 46;
        Assert.Equal(0x02014b50u, BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(entry)));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(entry + 20), packed.Length);
        int end = bytes.AsSpan().LastIndexOf("PK\u0005\u0006"u8);
        int directory = BinaryPrimitives.ReadInt32LittleEndian(bytes.AsSpan(end + 16));
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(entry + 42), directory);
        // The new member lies where the directory was, the directory behind it.
        BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(end + 16), directory + header.Length + packed.Length);
        File.WriteAllBytes(path, [.. bytes[..directory], .. header, .. packed, .. bytes[directory..]]);
    }

    private static byte[] LocalHeader(string name, int length)
    {
        var header = new byte[30 + name.Length];
        BinaryPrimitives.WriteUInt32LittleEndian(header, 0x04034b50);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(18), length);
        BinaryPrimitives.WriteInt32LittleEndian(header.AsSpan(22), length);
        BinaryPrimitives.WriteUInt16LittleEndian(header.AsSpan(26), (ushort)name.Length);
        Encoding.ASCII.GetBytes(name).CopyTo(header, 30);
        return header;
    }

    private static byte[] WideEntry(string name, long length, long offset)
    {
        var entry = new byte[46 + name.Length + 28];
        BinaryPrimitives.WriteUInt32LittleEndian(entry, 0x02014b50);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(20), uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(24), uint.MaxValue);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(28), (ushort)name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(entry.AsSpan(30), 28);
        BinaryPrimitives.WriteUInt32LittleEndian(entry.AsSpan(42), uint.MaxValue);
        Encoding.ASCII.GetBytes(name).CopyTo(entry, 46);
        Span<byte> field = entry.AsSpan(46 + name.Length);
        BinaryPrimitives.WriteUInt16LittleEndian(field, 1);
        BinaryPrimitives.WriteUInt16LittleEndian(field[2..], 24);
        BinaryPrimitives.WriteInt64LittleEndian(field[4..], length);
        BinaryPrimitives.WriteInt64LittleEndian(field[12..], length);
        BinaryPrimitives.WriteInt64LittleEndian(field[20..], offset);
        return entry;
    }

    private static byte[] WideEnd(long directory, long size, long at)
    {
        var end = new byte[56 + 20 + 22];
        BinaryPrimitives.WriteUInt32LittleEndian(end, 0x06064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(40), size);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(48), directory);
        BinaryPrimitives.WriteUInt32LittleEndian(end.AsSpan(56), 0x07064b50);
        BinaryPrimitives.WriteInt64LittleEndian(end.AsSpan(56 + 8), at);
        Span<byte> last = end.AsSpan(76);
        BinaryPrimitives.WriteUInt32LittleEndian(last, 0x06054b50);
        BinaryPrimitives.WriteUInt32LittleEndian(last[12..], uint.MaxValue);
        BinaryPrimitives.WriteUInt32LittleEndian(last[16..], uint.MaxValue);
        return end;
    }
}
