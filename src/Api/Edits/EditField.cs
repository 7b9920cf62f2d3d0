using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// One field of a request about a picture: the reader, the checks and the documentation are all driven by this table, so they cannot
/// disagree.
/// </summary>
internal sealed record EditField(string Name, EditFieldType Type, string Description)
{
    public static readonly EditField Image = new(
        "image",
        EditFieldType.Image,
        "The picture to edit: PNG, JPEG or WebP. A file in a form; base64, or a data: URL, in JSON."
    );

    public static readonly EditField Instruction = new(
        "instruction",
        EditFieldType.Text,
        "What to do, in English. The text encoder reads 77 tokens; what does not fit is dropped and counted in the answer."
    )
    {
        Example = "make it look like a watercolour painting",
    };

    public static readonly EditField NegativeInstruction = new(
        "negative_instruction",
        EditFieldType.Text,
        "Text that stands for \"no instruction\" when guidance is computed; empty unless you know why."
    );

    public static readonly EditField Steps = new(
        "steps",
        EditFieldType.WholeNumber,
        "Denoising steps: more take longer and show finer detail."
    )
    {
        Minimum = 1,
        Maximum = EditRequest.MaxSteps,
    };

    public static readonly EditField Seed = new(
        "seed",
        EditFieldType.WholeNumber,
        "Seed of the noise; the same request with the same seed gives the same picture. Random when absent, and told in the answer."
    )
    {
        Minimum = 0,
        Maximum = uint.MaxValue,
    };

    public static readonly EditField TextGuidanceScale = new(
        "text_guidance_scale",
        EditFieldType.Number,
        "How strongly the instruction is followed."
    )
    {
        Minimum = 0,
        Maximum = EditRequest.MaxGuidanceScale,
    };

    public static readonly EditField ImageGuidanceScale = new(
        "image_guidance_scale",
        EditFieldType.Number,
        "How closely the source picture is kept."
    )
    {
        Minimum = 0,
        Maximum = EditRequest.MaxGuidanceScale,
    };

    public static readonly EditField Sampler = new("sampler", EditFieldType.Text, "How the noise is taken away.")
    {
        Choices = SamplerNames.ByName.Keys,
    };

    public static readonly EditField Eta = new(
        "eta",
        EditFieldType.Number,
        "Randomness of the ddim sampler, from 0 (none) to 1 (as ddpm). The other samplers ignore it."
    )
    {
        Minimum = 0,
        Maximum = 1,
    };

    public static readonly EditField Size = new(
        "size",
        EditFieldType.Text,
        "Size the model works at; the answer is as large as the source in any case. \"auto\" (the model's resolution), "
            + "a resolution such as \"512\", or an exact canvas such as \"768x512\" with both sides multiples of 64."
    )
    {
        Example = "auto",
    };

    public static readonly EditField OutputFormat = new(
        "output_format",
        EditFieldType.Text,
        "File format of the answer when the Accept header leaves it open, and of the picture inside a JSON answer."
    )
    {
        Choices = AnswerFormat.ByName.Keys,
    };

    /// <summary>Every field of an edit, in the order to show them.</summary>
    public static IReadOnlyList<EditField> All { get; } =
    [
        Image,
        Instruction,
        Steps,
        Seed,
        TextGuidanceScale,
        ImageGuidanceScale,
        Sampler,
        Size,
        OutputFormat,
        NegativeInstruction,
        Eta,
    ];

    /// <summary>Smallest value, of a number.</summary>
    public double Minimum { get; init; }

    /// <summary>Largest value, of a number.</summary>
    public double Maximum { get; init; }

    /// <summary>The values it may have, of a text or a list of texts; null where any will do.</summary>
    public IEnumerable<string>? Choices { get; init; }

    /// <summary>A value to show.</summary>
    public string? Example { get; init; }
}

/// <summary>What a field holds.</summary>
internal enum EditFieldType
{
    /// <summary>A picture's file.</summary>
    Image,
    Text,
    WholeNumber,
    Number,

    /// <summary>True or false.</summary>
    Flag,

    /// <summary>A list of texts: an array in JSON, a field given several times in a form.</summary>
    Texts,
}
