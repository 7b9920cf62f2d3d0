using System.Numerics;
using System.Text;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.Engine.Weights.Pickle;

namespace InstructDiffusion.Engine.Tests.Weights.Pickle;

public sealed class PickleReaderTests
{
    // Written by CPython: pickle.dumps([None, True, False, 0, -5, 255, 65535, 70000, -70000, 2**40, -2**70, 0.1, float('inf'),
    // 'a\u00e4\u20ac\n', b'\x00\xff', (), (1,), (1, 2), (1, 2, 3), (1, 2, 3, 4), [1, [2]], {'k': {1: 2}}], protocol).
    [Theory]
    [MemberData(nameof(EveryProtocol))]
    public void Read_EveryProtocol_GivesTheValues(int protocol, string base64)
    {
        var list = Assert.IsType<List<object?>>(Read(Convert.FromBase64String(base64)));

        Assert.True(protocol is >= 0 and <= 5);
        Assert.Equal([null, true, false, 0L, -5L, 255L, 65535L, 70000L, -70000L, 1L << 40], list[..10]);
        Assert.Equal(-BigInteger.Pow(2, 70), list[10]);
        Assert.Equal(0.1, list[11]);
        Assert.Equal(double.PositiveInfinity, list[12]);
        Assert.Equal("aä€\n", list[13]);
        Assert.Equal<byte>([0x00, 0xff], Assert.IsType<byte[]>(list[14]));
        Assert.Equal([0, 1, 2, 3, 4], list[15..20].Select(t => Assert.IsType<PickleTuple>(t).Count));
        Assert.Equal([1L, 2L, 3L, 4L], Assert.IsType<PickleTuple>(list[19]));
        Assert.Equal(2L, Assert.IsType<List<object?>>(Assert.IsType<List<object?>>(list[20])[1])[0]);
        var inner = Assert.IsType<PickleDict>(Assert.IsType<PickleDict>(list[21])["k"]);
        Assert.True(inner.TryGetValue(1L, out var two));
        Assert.Equal(2L, two);
    }

    public static TheoryData<int, string> EveryProtocol =>
        new()
        {
            {
                0,
                "KGxwMApOYUkwMQphSTAwCmFJMAphSS01CmFJMjU1CmFJNjU1MzUKYUk3MDAwMAphSS03MDAwMAphTDEwOTk1MTE2Mjc3NzZMCmFMLTExODA1OTE2MjA3MTc0MTEzMDM0MjRMCmFGMC4xCmFGaW5mCmFWYeRcdTIwYWNcdTAwMGEKcDEKYWNfY29kZWNzCmVuY29kZQpwMgooVlx1MDAwMP8KcDMKVmxhdGluMQpwNAp0cDUKUnA2CmEodGEoSTEKdHA3CmEoSTEKSTIKdHA4CmEoSTEKSTIKSTMKdHA5CmEoSTEKSTIKSTMKSTQKdHAxMAphKGxwMTEKSTEKYShscDEyCkkyCmFhYShkcDEzClZrCnAxNAooZHAxNQpJMQpJMgpzc2Eu"
            },
            {
                1,
                "XXEAKE5JMDEKSTAwCksASvv///9L/03//0pwEQEASpDu/v9MMTA5OTUxMTYyNzc3NkwKTC0xMTgwNTkxNjIwNzE3NDExMzAzNDI0TApHP7mZmZmZmZpHf/AAAAAAAABYBwAAAGHDpOKCrApxAWNfY29kZWNzCmVuY29kZQpxAihYAwAAAADDv3EDWAYAAABsYXRpbjFxBHRxBVJxBikoSwF0cQcoSwFLAnRxCChLAUsCSwN0cQkoSwFLAksDSwR0cQpdcQsoSwFdcQxLAmFlfXENWAEAAABrcQ59cQ9LAUsCc3NlLg=="
            },
            {
                2,
                "gAJdcQAoToiJSwBK+////0v/Tf//SnARAQBKkO7+/4oGAAAAAAABigkAAAAAAAAAAMBHP7mZmZmZmZpHf/AAAAAAAABYBwAAAGHDpOKCrApxAWNfY29kZWNzCmVuY29kZQpxAlgDAAAAAMO/cQNYBgAAAGxhdGluMXEEhnEFUnEGKUsBhXEHSwFLAoZxCEsBSwJLA4dxCShLAUsCSwNLBHRxCl1xCyhLAV1xDEsCYWV9cQ1YAQAAAGtxDn1xD0sBSwJzc2Uu"
            },
            {
                3,
                "gANdcQAoToiJSwBK+////0v/Tf//SnARAQBKkO7+/4oGAAAAAAABigkAAAAAAAAAAMBHP7mZmZmZmZpHf/AAAAAAAABYBwAAAGHDpOKCrApxAUMCAP9xAilLAYVxA0sBSwKGcQRLAUsCSwOHcQUoSwFLAksDSwR0cQZdcQcoSwFdcQhLAmFlfXEJWAEAAABrcQp9cQtLAUsCc3NlLg=="
            },
            {
                4,
                "gASViQAAAAAAAABdlChOiIlLAEr7////S/9N//9KcBEBAEqQ7v7/igYAAAAAAAGKCQAAAAAAAAAAwEc/uZmZmZmZmkd/8AAAAAAAAIwHYcOk4oKsCpRDAgD/lClLAYWUSwFLAoaUSwFLAksDh5QoSwFLAksDSwR0lF2UKEsBXZRLAmFlfZSMAWuUfZRLAUsCc3NlLg=="
            },
            {
                5,
                "gAWViQAAAAAAAABdlChOiIlLAEr7////S/9N//9KcBEBAEqQ7v7/igYAAAAAAAGKCQAAAAAAAAAAwEc/uZmZmZmZmkd/8AAAAAAAAIwHYcOk4oKsCpRDAgD/lClLAYWUSwFLAoaUSwFLAksDh5QoSwFLAksDSwR0lF2UKEsBXZRLAmFlfZSMAWuUfZRLAUsCc3NlLg=="
            },
        };

    [Fact]
    public void Read_Python2Strings_AreUtf8OrLatin1OrWhatIsAsked()
    {
        var list = Assert.IsType<List<object?>>(
            Read("(lp0\nS'it\\'s \\x41\\n\\101'\np1\naS\"\\xc3\\xa9\"\naS'\\xe9'\naU\u0002aba."u8)
        );

        Assert.Equal(["it's A\nA", "é", "é", "ab"], list);
        var latin = new PickleReaderOptions { LegacyStrings = Encoding.Latin1 };
        Assert.Equal("Ã©", Assert.IsType<List<object?>>(Read("(lp0\nS'\\xc3\\xa9'\na."u8, latin))[0]);
    }

    [Fact]
    public void Read_RefCocoLikeFile_GivesListOfDictionaries()
    {
        // The shape of refs(unc).p: protocol 0 of Python 2, texts both str and unicode, integers I and L.
        var refs = Assert.IsType<List<object?>>(
            Read(
                "(lp0\n(dp1\nS'sent_ids'\np2\n(lp3\nI0\naI1\nasS'ref_id'\nL5L\nsS'split'\nS'testA'\nsS'sent'\nVr\\u00e9d \\U0001f600\nsa."u8
            )
        );

        var first = Assert.IsType<PickleDict>(Assert.Single(refs));
        Assert.Equal([0L, 1L], Assert.IsType<List<object?>>(first["sent_ids"]));
        Assert.Equal(5L, first["ref_id"]);
        Assert.Equal("testA", first["split"]);
        Assert.Equal("réd 😀", first["sent"]);
    }

    [Fact]
    public void Read_UnknownClasses_StayInert()
    {
        // An instance with state, a subclass of list with items, a subclass of dict with entries, a call, an old-style instance.
        var list = Assert.IsType<List<object?>>(Read(InertPickle()));

        var config = Assert.IsType<PickleObject>(list[0]);
        Assert.Equal(new PickleGlobal("pkg.mod", "Config"), config.Type);
        Assert.Equal(1L, Assert.IsType<PickleDict>(config.State)["a"]);
        Assert.Equal([7L], Assert.IsType<PickleObject>(list[1]).Items);
        Assert.Equal(9L, Assert.IsType<PickleObject>(list[2]).Entries["x"]);
        var call = Assert.IsType<PickleObject>(list[3]);
        Assert.Equal("pkg.make", call.Type!.ToString());
        Assert.Equal([3L], call.Arguments);
        Assert.Equal("pkg.Old", Assert.IsType<PickleObject>(list[4]).Type!.ToString());
    }

    [Fact]
    public void Read_StandardContainers_AreMade()
    {
        var ordered = Assert.IsType<PickleDict>(
            Read("ccollections\nOrderedDict\n)R(U\u0001bK\u0002U\u0001aK\u0001u."u8)
        );
        Assert.Equal(["b", "a"], ordered.Entries.Select(e => e.Key));
        var pairs = Assert.IsType<PickleDict>(Read("ccollections\nOrderedDict\n((lp0\n(lp1\nU\u0001aaK\u0001aatR."u8));
        Assert.Equal(1L, pairs["a"]);
        Assert.Equal(
            2,
            Assert.IsType<HashSet<object?>>(Read("c__builtin__\nset\n((lK\u0001aK\u0002aK\u0001atR."u8)).Count
        );
        Assert.Equal<byte>([0xe9], Assert.IsType<byte[]>(Read("c_codecs\nencode\n(V\\u00e9\nU\u0006latin1tR."u8)));
    }

    [Fact]
    public void Read_SelfReference_IsKept()
    {
        var list = Assert.IsType<List<object?>>(Read("]q\0h\0a."u8));

        Assert.Same(list, Assert.Single(list));
    }

    [Fact]
    public void Read_EqualKeys_AreOneAsInPython()
    {
        // {1: 'a', True: 'b', 1.0: 'c', (1, 2): 'd', (True, 2.0): 'e', None: 'f'}
        byte[] pickle =
        [
            .. "}(K\u0001U\u0001aI01\nU\u0001bF1.0\nU\u0001c(K\u0001K\u0002tU\u0001d(I01\nF2\ntU\u0001eNU\u0001fu."u8,
        ];

        var dictionary = Assert.IsType<PickleDict>(Read(pickle));

        Assert.Equal(3, dictionary.Count);
        Assert.True(dictionary.TryGetValue(1L, out var one));
        Assert.Equal("c", one);
        Assert.True(dictionary.TryGetValue(null, out var none));
        Assert.Equal("f", none);
    }

    [Fact]
    public void Read_SeveralInARow_StopsBehindEach()
    {
        using var stream = new MemoryStream("K\u0001.K\u0002."u8.ToArray());

        Assert.Equal(1L, PickleReader.Read(stream, cancellationToken: TestContext.Current.CancellationToken));
        Assert.Equal(2L, PickleReader.Read(stream, cancellationToken: TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("", "ends before its STOP")]
    [InlineData("K\u0001", "ends before its STOP")]
    [InlineData(".", "stack is empty")]
    [InlineData("0.", "stack is empty")]
    [InlineData("(.", "stack is empty")]
    [InlineData("e.", "mark is missing")]
    [InlineData("]K\u0001u.", "mark is missing")]
    [InlineData("h\u0007.", "memo 7 is empty")]
    [InlineData("!", "unknown opcode 0x21")]
    [InlineData("}(K\u0001u.", "a key has no value")]
    [InlineData("}(]K\u0001u.", "cannot be a key")]
    [InlineData("K\u0001K\u0002a.", "items are added to")]
    [InlineData("I1x\n.", "malformed")]
    [InlineData("Fabc\n.", "malformed")]
    [InlineData("Sabc\n.", "malformed")]
    [InlineData("S'\\q'\n.", "malformed")]
    [InlineData("V\\u12\n.", "malformed")]
    [InlineData("X\u007f\0\0\0abc.", "reaches past its end")]
    [InlineData("X\u007f\u007f\u007f\u007fabc.", "reaches past its end")]
    [InlineData("Pabc\n.", "objects outside of it")]
    [InlineData("cmod\nname\nK\u0001R.", "instead of a tuple")]
    [InlineData("cos\nsystem\n(U\u0002lstR.", "os.system")]
    [InlineData("cposix\nsystem\n(U\u0002lstR.", "posix.system")]
    [InlineData("c__builtin__\neval\n(U\u00011tR.", "__builtin__.eval")]
    [InlineData("cbuiltins\nexec\n(U\u00011tR.", "builtins.exec")]
    [InlineData("csubprocess\nPopen\n(U\u00011tR.", "subprocess.Popen")]
    [InlineData("(ios\nsystem\n.", "os.system")]
    [InlineData("cos.path\njoin\n.", "os.path.join")]
    public void Read_MalformedOrHostile_SaysWhy(string pickle, string expected)
    {
        var error = Assert.Throws<CheckpointFormatException>(() => Read(Encoding.Latin1.GetBytes(pickle)));

        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_LongIntegerAndUnknownProtocol_AreRefused()
    {
        byte[] huge = [0x8b, 0, 16, 0, 0, .. new byte[4096], (byte)'.'];

        Assert.Throws<CheckpointFormatException>(() => Read(huge));
        Assert.Throws<CheckpointFormatException>(() => Read([0x80, 99, (byte)'N', (byte)'.']));
        Assert.Throws<CheckpointFormatException>(() => Read([0x82, 1, (byte)'.']));
        Assert.Throws<CheckpointFormatException>(() => Read([0x97, (byte)'.']));
    }

    [Fact]
    public void Read_MillionLevelsDeep_NeedsNoStack()
    {
        byte[] deep = [.. Repeat("]"u8, 1_000_000), .. Repeat("a"u8, 999_999), (byte)'.'];

        Assert.Single(Assert.IsType<List<object?>>(Read(deep)));
        var marks = new byte[1_000_000];
        marks.AsSpan().Fill((byte)'(');
        Assert.Throws<CheckpointFormatException>(() => Read(marks));
    }

    public static TheoryData<string, byte[]> Bombs
    {
        get
        {
            var text = new byte[1 << 20];
            text.AsSpan().Fill((byte)'x');
            byte[] memoised = [(byte)'X', .. BitConverter.GetBytes(text.Length), .. text, (byte)'q', 0, (byte)'0'];
            return new()
            {
                // The same megabyte encoded, used as a key, hashed within a tuple, again and again.
                { "encode", [.. memoised, .. Repeat("c_codecs\nencode\n(h\0tR0"u8, 20_000), (byte)'N', (byte)'.'] },
                { "keys", [.. memoised, (byte)'}', .. Repeat("h\0Ns"u8, 200_000), (byte)'.'] },
                { "tuples", [.. memoised, (byte)'}', .. Repeat("(h\0h\0h\0tNs"u8, 200_000), (byte)'.'] },
                {
                    "copies",
                    [
                        (byte)'(',
                        .. Repeat("K\u0001"u8, 100_000),
                        (byte)'l',
                        (byte)'q',
                        0,
                        .. Repeat("cbuiltins\nlist\n(h\0tR0"u8, 50_000),
                        (byte)'.',
                    ]
                },
                { "opcodes", [.. Repeat("]"u8, 20_000_000), (byte)'.'] },
            };
        }
    }

    [Theory]
    [MemberData(nameof(Bombs))]
    public void Read_Bomb_EndsWithTheBudget(string kind, byte[] pickle)
    {
        var options = new PickleReaderOptions { Name = kind, Budget = 256 << 20 };
        var before = GC.GetAllocatedBytesForCurrentThread();

        var error = Assert.Throws<CheckpointFormatException>(() => Read(pickle, options));

        Assert.Contains("256 MiB allowed", error.Message, StringComparison.Ordinal);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1L << 30);
    }

    [Fact]
    public void Read_DoublingTuples_TakesNoTimeToHash()
    {
        // t = (t, t) forty times over, used as keys: hashed or compared item by item, this would take 2^40 steps.
        var pickle = new MemoryStream();
        pickle.Write("}q\u0001"u8);
        for (var i = 0; i < 2; i++)
        {
            pickle.Write(")"u8);
            for (var j = 0; j < 40; j++)
            {
                pickle.Write("q\0h\0"u8);
                pickle.WriteByte(0x86);
            }
            pickle.Write("Ns"u8);
        }
        pickle.Write("."u8);

        Assert.Equal(2, Assert.IsType<PickleDict>(Read(pickle.ToArray())).Count);
    }

    private static byte[] InertPickle() =>
        [
            .. "](cpkg.mod\nConfig\n)"u8,
            0x81,
            .. "}U\u0001aK\u0001sb"u8,
            .. "cpkg\nList\n)"u8,
            0x81,
            .. "K\u0007a"u8,
            .. "cpkg\nMap\n)"u8,
            0x81,
            .. "U\u0001xK\u0009s"u8,
            .. "cpkg\nmake\n(K\u0003tR"u8,
            .. "(ipkg\nOld\n"u8,
            .. "e."u8,
        ];

    private static byte[] Repeat(ReadOnlySpan<byte> piece, int count)
    {
        var bytes = new byte[piece.Length * count];
        for (var i = 0; i < count; i++)
        {
            piece.CopyTo(bytes.AsSpan(i * piece.Length));
        }
        return bytes;
    }

    private static object? Read(ReadOnlySpan<byte> pickle, PickleReaderOptions? options = null)
    {
        using var stream = new MemoryStream(pickle.ToArray());
        return PickleReader.Read(stream, options, TestContext.Current.CancellationToken);
    }
}
