using System.Security.Cryptography;
using InstructDiffusion.Api.Replay;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Edits;

/// <summary>The fields of a request as values; what was absent is the model's default.</summary>
internal sealed record EditParameters
{
    /// <summary>Longest instruction in characters: far above the text encoder's 77 tokens, far below a burden.</summary>
    public const int LongestInstruction = 4_000;

    public required string Instruction { get; init; }
    public required string NegativeInstruction { get; init; }
    public required int Steps { get; init; }
    public required long Seed { get; init; }
    public required double TextGuidanceScale { get; init; }
    public required double ImageGuidanceScale { get; init; }
    public required SamplerKind Sampler { get; init; }
    public required double Eta { get; init; }
    public required Determinism Determinism { get; init; }
    public required WorkingSize? Size { get; init; }
    public required ImageFileFormat? OutputFormat { get; init; }
    public required int Count { get; init; }
    public required bool PreserveOutsideMask { get; init; }
    public required int PreviewEvery { get; init; }
    public required RecordLevel Metadata { get; init; }

    /// <summary>Understands every field; what is wrong is noted in the form's errors, and the result is then of no use.</summary>
    /// <param name="form">The fields as they came.</param>
    /// <param name="model">Gives the defaults.</param>
    /// <param name="maxCanvasPixels">Largest canvas that <c>size</c> may ask for.</param>
    /// <param name="longestInstruction">Most characters of an instruction.</param>
    /// <param name="instruction">What to do, where it is not the form that says so.</param>
    public static EditParameters Read(
        EditForm form,
        ModelDescription model,
        long maxCanvasPixels,
        int longestInstruction = LongestInstruction,
        string? instruction = null
    )
    {
        var reader = new FieldReader(form);
        return new EditParameters
        {
            Instruction = instruction ?? Instruct(reader, longestInstruction),
            NegativeInstruction = NoLongerThan(longestInstruction, reader, EditField.NegativeInstruction) ?? "",
            Steps = (int)(reader.WholeNumber(EditField.Steps, model.MaxSteps) ?? model.DefaultSteps),
            Seed = reader.WholeNumber(EditField.Seed) ?? RandomSeed(),
            TextGuidanceScale = reader.Number(EditField.TextGuidanceScale) ?? model.DefaultTextGuidanceScale,
            ImageGuidanceScale = reader.Number(EditField.ImageGuidanceScale) ?? model.DefaultImageGuidanceScale,
            Sampler = reader.OneOf(EditField.Sampler, SamplerNames.ByName) ?? model.DefaultSampler,
            Eta = reader.Number(EditField.Eta) ?? 0,
            Determinism = reader.OneOf(EditField.Determinism, DeterminismNames.ByName) ?? Determinism.Fast,
            Size = ReadSize(form, maxCanvasPixels),
            OutputFormat = reader.OneOf(EditField.OutputFormat, AnswerFormat.ByName),
            Count = (int)(reader.WholeNumber(EditField.Count) ?? 1),
            PreserveOutsideMask = reader.Flag(EditField.PreserveOutsideMask) ?? true,
            PreviewEvery = (int)(reader.WholeNumber(EditField.PreviewEvery) ?? 0),
            Metadata = reader.OneOf(EditField.Metadata, RecordLevels.ByName) ?? RecordLevel.Full,
        };
    }

    /// <summary>The edit of this picture.</summary>
    public EditRequest ToRequest(RgbImage image) =>
        new()
        {
            Image = image,
            Instruction = Instruction,
            NegativeInstruction = NegativeInstruction,
            Steps = Steps,
            Seed = Seed,
            TextGuidanceScale = TextGuidanceScale,
            ImageGuidanceScale = ImageGuidanceScale,
            Sampler = Sampler,
            Eta = Eta,
            Determinism = Determinism,
            WorkingSize = Size,
        };

    private static string Instruct(FieldReader reader, int longest)
    {
        string? text = NoLongerThan(longest, reader, EditField.Instruction);
        if (text is not null && string.IsNullOrWhiteSpace(text))
        {
            reader.Fault(EditField.Instruction, "must not be empty");
        }
        else if (text is null && !reader.Has(EditField.Instruction))
        {
            reader.Fault(EditField.Instruction, "is required");
        }
        return text ?? "";
    }

    private static string? NoLongerThan(int longest, FieldReader reader, EditField field)
    {
        string? text = reader.Text(field);
        if (text?.Length > longest)
        {
            reader.Fault(field, $"must not be longer than {longest} characters, has {text.Length}");
        }
        return text;
    }

    private static WorkingSize? ReadSize(EditForm form, long maxCanvasPixels)
    {
        if (form.Get(EditField.Size) is not { } value)
        {
            return null;
        }
        if (SizeField.Parse(value.Text, maxCanvasPixels, out WorkingSize? size) is { } fault)
        {
            form.Fault(EditField.Size, fault);
        }
        return size;
    }

    private static long RandomSeed() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
}
