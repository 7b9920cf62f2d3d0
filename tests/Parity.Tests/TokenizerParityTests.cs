using System.Text.Json;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Texts and the ids that CLIP's tokenizer of 49,408 tokens gives them.</summary>
public sealed class TokenizerParityTests
{
    private const string File = "tokenizer_cases.json";

    private static readonly JsonElement[] All = Read();
    private static readonly ClipTokenizer Tokenizer = ClipTokenizer.Load(Vocabulary());

    public static TheoryData<int> Cases() => [.. Enumerable.Range(0, All.Length)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Encode_Case_GivesTheReferenceIdsAndPadding(int index)
    {
        string text = All[index].GetProperty("text").GetString()!;
        double[] expected = [.. All[index].GetProperty("ids").EnumerateArray().Select(id => id.GetDouble())];

        long[] ids = [.. Tokenizer.Encode(text).Ids];

        Fixture.AssertClose(
            Array.ConvertAll(ids[..expected.Length], id => (double)id),
            expected,
            0,
            "tokenizer_cases/ids"
        );
        Assert.Equal(77, ids.Length);
        Assert.All(ids[expected.Length..], id => Assert.Equal(Tokenizer.PadId, id));
    }

    private static JsonElement[] Read()
    {
        using JsonDocument document = JsonDocument.Parse(System.IO.File.ReadAllBytes(Fixture.Default.Path(File)));
        return [.. document.RootElement.GetProperty("cases").EnumerateArray().Select(element => element.Clone())];
    }

    // A set may bring the vocabulary beside its folder; it is the same everywhere.
    private static string Vocabulary()
    {
        string beside = Fixture.Default.Path("..", "tokenizer_full");
        return Directory.Exists(beside) ? beside : RepositoryRoot.Of("tests", "Fixtures", "tokenizer_full");
    }
}
