using System.Formats.Tar;
using System.Text;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.General;

public sealed class TarShardsTests : IDisposable
{
    private static readonly RgbImage _before = TestImages.Photo(64, 64, 1);
    private static readonly RgbImage _after = TestImages.Photo(64, 64, 2);
    private static readonly byte[] _beforeFile = ImageCodec.Encode(_before, ImageFileFormat.Png);
    private static readonly byte[] _afterFile = ImageCodec.Encode(_after, ImageFileFormat.Png);

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Fact]
    public void Read_ShardsInPlace_GivesPicturesAndWords()
    {
        Shard(
            "b.tar",
            [.. Sample("part/7"), .. Sample("part/8", """{"instruction": "from json", "task": "deblur"}""")]
        );
        Shard("a.tar", Sample("000001"));

        IEditDataset set = _workshop.Open(DataSourceKind.WebDataset, source => source with { Flip = 0 });

        Assert.Empty(_workshop.Rejections.Rejected);
        Assert.Equal(3, set.Count);
        for (int i = 0; i < 3; i++)
        {
            EditSample sample = DatasetWorkshop.Read(set, i);
            Assert.Equal(_before.Pixels, sample.Source.Pixels);
            Assert.Equal(_after.Pixels, sample.Target.Pixels);
        }
        Assert.Equal(("do it", "editing"), set.Describe(1, default, default));
        Assert.Equal(("from json", "deblur"), set.Describe(2, default, default));
    }

    [Fact]
    public void Read_FromManyThreads_GivesTheSame()
    {
        Shard("a.tar", [.. Enumerable.Range(0, 8).SelectMany(i => Sample($"{i:D6}"))]);
        IEditDataset set = _workshop.Open(DataSourceKind.WebDataset, source => source with { Flip = 0 });
        var differing = 0;

        Parallel.For(
            0,
            32,
            i =>
            {
                EditSample sample = DatasetWorkshop.Read(set, i % 8);
                if (!sample.Target.Pixels.SequenceEqual(_after.Pixels))
                {
                    Interlocked.Increment(ref differing);
                }
            }
        );

        Assert.Equal(0, differing);
    }

    [Fact]
    public void Open_NamesThatArePaths_AreOnlyNames()
    {
        Shard("a.tar", Sample("../../../etc/passwd"));

        IEditDataset set = _workshop.Open(DataSourceKind.WebDataset, source => source with { Flip = 0 });

        Assert.Equal(_before.Pixels, DatasetWorkshop.Read(set, 0).Source.Pixels);
    }

    [Fact]
    public void Open_IncompleteSamplesAndLinks_AreRejectedWithTheirReasons()
    {
        Shard(
            "a.tar",
            [
                .. Sample("1")[..2],
                .. Sample("2")[1..],
                .. Sample("3"),
                ("4.txt", Encoding.UTF8.GetBytes(new string('x', 70_000))),
                ("4.src.png", _beforeFile),
                ("4.tgt.png", _afterFile),
            ],
            writer =>
                writer.WriteEntry(
                    new UstarTarEntry(TarEntryType.SymbolicLink, "5.src.png") { LinkName = "/etc/passwd" }
                )
        );

        Assert.Equal(1, _workshop.Open(DataSourceKind.WebDataset).Count);

        Assert.Equal(
            [
                "a tar member that is no file, or reaches past the shard's end",
                "a tar sample without src or tgt picture",
                "a tar sample without txt or json",
                "a text of over 65,536 bytes",
            ],
            _workshop.Rejections.Rejected.Select(r => r.Reason).Order(StringComparer.Ordinal)
        );
    }

    [Fact]
    public void Open_ShardThatIsCutOff_KeepsWhatIsWhole()
    {
        string path = Shard("a.tar", [.. Sample("1"), .. Sample("2")]);
        byte[] bytes = File.ReadAllBytes(path);
        File.WriteAllBytes(path, bytes[..(bytes.Length * 2 / 3)]);

        IEditDataset set = _workshop.Open(DataSourceKind.WebDataset, source => source with { Flip = 0 });

        Assert.Equal(1, set.Count);
        Assert.Equal(_after.Pixels, DatasetWorkshop.Read(set, 0).Target.Pixels);
        Assert.NotEmpty(_workshop.Rejections.Rejected);
    }

    [Fact]
    public void Open_ShardOfRubbish_IsRejected()
    {
        byte[] rubbish = new byte[4096];
        new Random(1).NextBytes(rubbish);
        _workshop.Write("a.tar", rubbish);
        Shard("b.tar", Sample("1"));

        Assert.Equal(1, _workshop.Open(DataSourceKind.WebDataset).Count);
        Assert.Contains("damaged", _workshop.OnlyRejection().Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_ExtendedHeaderThatWouldFillTheMemory_IsRejected()
    {
        // A member that says it has 8 GB, and one whose extended header has 40 MB.
        using (FileStream file = File.Create(Path.Combine(_workshop.Root, "a.tar")))
        {
            file.Write(Header("1.src.png", 8L << 30, '0'));
            file.SetLength(4096);
        }
        using (FileStream file = File.Create(Path.Combine(_workshop.Root, "b.tar")))
        {
            file.Write(Header("x", 40 << 20, 'x'));
            file.SetLength(41 << 20);
        }
        Shard("c.tar", Sample("1"));

        Assert.Equal(1, _workshop.Open(DataSourceKind.WebDataset).Count);
        Assert.NotEmpty(_workshop.Rejections.Rejected);
    }

    [Fact]
    public void Read_PictureThatIsNone_IsABrokenSample()
    {
        Shard("a.tar", [("1.src.png", [1, 2, 3]), ("1.tgt.png", _afterFile), ("1.txt", "do"u8.ToArray())]);
        IEditDataset set = _workshop.Open(DataSourceKind.WebDataset);

        var thrown = Assert.Throws<BrokenSampleException>(() => DatasetWorkshop.Read(set, 0));

        Assert.Contains("a.tar, pair 0, source", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_PackedShards_AreRefusedWithAdvice()
    {
        _workshop.Write("a.tar.gz", [1]);

        var thrown = Assert.Throws<DatasetException>(() => _workshop.Open(DataSourceKind.WebDataset));

        Assert.Contains("unpack", thrown.Message, StringComparison.Ordinal);
    }

    private static (string, byte[])[] Sample(string key, string? json = null) =>
        [
            ($"{key}.src.png", _beforeFile),
            ($"{key}.tgt.png", _afterFile),
            json is null ? ($"{key}.txt", "do it\n"u8.ToArray()) : ($"{key}.json", Encoding.UTF8.GetBytes(json)),
        ];

    private string Shard(string name, (string Name, byte[] Bytes)[] members, Action<TarWriter>? more = null)
    {
        string path = Path.Combine(_workshop.Root, name);
        using FileStream file = File.Create(path);
        using var writer = new TarWriter(file, TarEntryFormat.Ustar);
        foreach ((string member, byte[] bytes) in members)
        {
            writer.WriteEntry(
                new UstarTarEntry(TarEntryType.RegularFile, member) { DataStream = new MemoryStream(bytes) }
            );
        }
        more?.Invoke(writer);
        return path;
    }

    private static byte[] Header(string name, long length, char type)
    {
        var header = new byte[512];
        Encoding.ASCII.GetBytes(name).CopyTo(header, 0);
        Encoding.ASCII.GetBytes("0000644\0").CopyTo(header, 100);
        Encoding.ASCII.GetBytes("0000000\0").CopyTo(header, 108);
        Encoding.ASCII.GetBytes("0000000\0").CopyTo(header, 116);
        Encoding.ASCII.GetBytes(Convert.ToString(length, 8).PadLeft(11, '0') + "\0").CopyTo(header, 124);
        Encoding.ASCII.GetBytes("00000000000\0").CopyTo(header, 136);
        header[156] = (byte)type;
        Encoding.ASCII.GetBytes("ustar\00000").CopyTo(header, 257);
        header.AsSpan(148, 8).Fill((byte)' ');
        int sum = header.Sum(value => value);
        Encoding.ASCII.GetBytes(Convert.ToString(sum, 8).PadLeft(6, '0') + "\0 ").CopyTo(header, 148);
        return header;
    }
}
