using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Data.Templates;

public sealed class InstructionTemplatesTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly string _path;

    public InstructionTemplatesTests() => _path = _folder.Of("file");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Fill_PutsTheValuesIn()
    {
        Write("""{"train": ["mark the {object} in {color}"], "held_out": ["{color} for the {object}"]}""");
        InstructionTemplates templates = InstructionTemplates.Load(_path, ["object", "color"]);
        Dictionary<string, string> values = new(StringComparer.Ordinal) { ["object"] = "cat", ["color"] = "blue" };
        var random = new CounterRandom(1, RandomPurpose.Phrasing, 0);

        Assert.Equal("mark the cat in blue", templates.Fill(false, values, ref random));
        Assert.Equal("blue for the cat", templates.Fill(true, values, ref random));
    }

    [Theory]
    [InlineData("""{"train": ["paint the {thing}"], "held_out": ["a"]}""", "{thing}")]
    [InlineData("""{"train": [], "held_out": ["a"]}""", "at least one")]
    [InlineData("""{"train": ["a"]}""", "at least one")]
    [InlineData("""{"train": ["a"], "held_out": ["b"], "more": 1}""", "more")]
    [InlineData("""["a"]""", "JSON")]
    public void Load_OfAWrongFile_NamesItAndTheFault(string json, string fault)
    {
        Write(json);

        InvalidDataException error = Assert.Throws<InvalidDataException>(() =>
            InstructionTemplates.Load(_path, ["object"])
        );

        Assert.Contains(_path, error.Message, StringComparison.Ordinal);
        Assert.Contains(fault, error.Message, StringComparison.Ordinal);
    }

    private void Write(string json) => File.WriteAllText(_path, json);
}
