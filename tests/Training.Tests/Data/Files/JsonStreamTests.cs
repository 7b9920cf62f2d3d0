using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;

namespace InstructDiffusion.Training.Tests.Data.Files;

public sealed class JsonStreamTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Read_OutermostArray_GivesItsElements() =>
        Assert.Equal(
            [(null, "1"), (null, "{\"a\": [2, {}]}"), (null, "[]"), (null, "\"x\"")],
            Items("""[1, {"a": [2, {}]}, [] ,"x"]""")
        );

    [Fact]
    public void Read_OutermostObject_GivesElementsOfArraysAndOtherValues() =>
        Assert.Equal(
            [("images", "{\"id\":1}"), ("images", "{\"id\":2}"), ("info", "{\"images\":[7]}"), ("n", "null")],
            Items("""{"images":[{"id":1},{"id":2}],"info":{"images":[7]},"n":null,"empty":[]}""")
        );

    [Fact]
    public void Read_UnwantedProperties_ArePassedOver() =>
        Assert.Equal(
            [("yes", "1"), ("yes", "2")],
            Items("""{"no":[{"yes":[3]},[[4]]],"no":5,"no":{"yes":{"no":6}},"yes":[1,2],"no":[]}""", "yes")
        );

    [Fact]
    public void Read_ItemsLargerThanTheFirstBuffer_ComeWhole()
    {
        string large = new('x', 3_000_000);

        (string? Name, string Json)[] items = [.. Items($"[\"{large}\", 2, \"{large}\"]")];

        Assert.Equal([3_000_002, 1, 3_000_002], items.Select(item => item.Json.Length));
    }

    [Fact]
    public void Read_ManyItemsAcrossBuffers_ComeInOrder()
    {
        const int Count = 300_000;
        string json = $"{{\"list\":[{string.Join(',', Enumerable.Range(0, Count).Select(i => $"{{\"i\":{i}}}"))}]}}";

        string[] items = [.. Items(json).Select(item => item.Json)];

        Assert.Equal(Count, items.Length);
        Assert.All(items.Index(), item => Assert.Equal($"{{\"i\":{item.Index}}}", item.Item));
    }

    [Fact]
    public void Read_GivesTheFilesHash()
    {
        string path = Write("""{"a":[1]}""");

        string hash = JsonStream.Read(path, null, (_, _) => { });

        Assert.Equal(Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(path))), hash);
    }

    [Fact]
    public void Read_ByteOrderMark_IsPassedOver() => Assert.Equal([(null, "1")], Items("\uFEFF[1]"));

    [Theory]
    [InlineData("[NaN]", "\"\" ")]
    [InlineData("[-Infinity]", "\"\"       ")]
    [InlineData("[Infinity]", "\"\"      ")]
    [InlineData(
        """["NaN, \"Infinity\" \\"]""",
        """
            "NaN, \"Infinity\" \\"
            """
    )]
    public void Read_PythonsNumbers_BecomeEmptyStrings_ButNotInStrings(string json, string item) =>
        Assert.Equal(item.Trim(), Assert.Single(Items(json)).Json.PadRight(item.Trim().Length));

    [Fact]
    public void Read_PythonsNumbersAtEveryPlaceOfTheBuffer_AreMet()
    {
        // The first buffer ends inside one of them, wherever the words begin.
        for (int shift = 0; shift < 12; shift++)
        {
            string padding = new('x', (1 << 20) - 24 + shift);

            string[] items = [.. Items($"[\"{padding}\",-Infinity,NaN,\"NaN\"]").Select(item => item.Json)];

            Assert.Equal(["\"\"", "\"\"", "\"NaN\""], items[1..]);
        }
    }

    [Theory]
    [InlineData("")]
    [InlineData("[1, 2")]
    [InlineData("[1] 2")]
    [InlineData("""{"a": [1, {]}""")]
    [InlineData("7")]
    [InlineData("[Nothing]")]
    public void Read_WhatIsNoJson_IsRefusedWithThePath(string json)
    {
        string path = Write(json);

        var thrown = Assert.Throws<DatasetException>(() => JsonStream.Read(path, null, (_, _) => { }));

        Assert.Contains(path, thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_NestingWithoutEnd_IsRefused() =>
        Assert.Throws<DatasetException>(() => Items(new string('[', 1_000_000)).ToArray());

    [Fact]
    public void Read_AnItemThatWouldFillTheMemory_IsRefused()
    {
        string path = _folder.Of("large.json");
        using (FileStream file = File.Create(path))
        {
            file.Write("[\""u8);
            var block = new byte[1 << 20];
            block.AsSpan().Fill((byte)'x');
            for (int i = 0; i < 70; i++)
            {
                file.Write(block);
            }
        }

        var thrown = Assert.Throws<DatasetException>(() => JsonStream.Read(path, null, (_, _) => { }));

        Assert.Contains("an item is larger than", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_Cancelled_Stops() =>
        Assert.Throws<OperationCanceledException>(() =>
            JsonStream.Read(Write("[1]"), null, (_, _) => { }, new CancellationToken(canceled: true))
        );

    private List<(string? Name, string Json)> Items(string json, params string[] wanted)
    {
        var items = new List<(string?, string)>();
        JsonStream.Read(
            Write(json),
            wanted.Length == 0 ? null : name => wanted.Contains(name),
            (name, item) => items.Add((name, Encoding.UTF8.GetString(item)))
        );
        return items;
    }

    private string Write(string json)
    {
        string path = _folder.Of("file.json");
        File.WriteAllText(path, json);
        return path;
    }
}
