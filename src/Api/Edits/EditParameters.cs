using System.Security.Cryptography;
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
    public required WorkingSize? Size { get; init; }
    public required ImageFileFormat? OutputFormat { get; init; }

    /// <summary>Understands every field; what is wrong is noted in the form's errors, and the result is then of no use.</summary>
    /// <param name="form">The fields as they came.</param>
    /// <param name="model">Gives the defaults.</param>
    /// <param name="maxCanvasPixels">Largest canvas that <c>size</c> may ask for.</param>
    public static EditParameters Read(EditForm form, ModelDescription model, long maxCanvasPixels)
    {
        var reader = new FieldReader(form);
        return new EditParameters
        {
            Instruction = Instruct(reader),
            NegativeInstruction = NoLongerThanAllowed(reader, EditField.NegativeInstruction) ?? "",
            Steps = (int)(reader.WholeNumber(EditField.Steps, model.MaxSteps) ?? model.DefaultSteps),
            Seed = reader.WholeNumber(EditField.Seed) ?? RandomSeed(),
            TextGuidanceScale = reader.Number(EditField.TextGuidanceScale) ?? model.DefaultTextGuidanceScale,
            ImageGuidanceScale = reader.Number(EditField.ImageGuidanceScale) ?? model.DefaultImageGuidanceScale,
            Sampler = reader.OneOf(EditField.Sampler, SamplerNames.ByName) ?? model.DefaultSampler,
            Eta = reader.Number(EditField.Eta) ?? 0,
            Size = ReadSize(form, maxCanvasPixels),
            OutputFormat = reader.OneOf(EditField.OutputFormat, AnswerFormat.ByName),
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
            WorkingSize = Size,
        };

    private static string Instruct(FieldReader reader)
    {
        string? text = NoLongerThanAllowed(reader, EditField.Instruction);
        if (text is not null && string.IsNullOrWhiteSpace(text))
        {
            reader.Errors.Add(EditField.Instruction.Name, "must not be empty");
        }
        else if (text is null && !reader.Has(EditField.Instruction))
        {
            reader.Errors.Add(EditField.Instruction.Name, "is required");
        }
        return text ?? "";
    }

    private static string? NoLongerThanAllowed(FieldReader reader, EditField field)
    {
        string? text = reader.Text(field);
        if (text?.Length > LongestInstruction)
        {
            reader.Errors.Add(
                field.Name,
                $"must not be longer than {LongestInstruction} characters, has {text.Length}"
            );
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
            form.Errors.Add(EditField.Size.Name, fault);
        }
        return size;
    }

    private static long RandomSeed() => BitConverter.ToUInt32(RandomNumberGenerator.GetBytes(sizeof(uint)));
}
