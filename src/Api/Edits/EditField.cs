using InstructDiffusion.Api.Replay;
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
        Aliases = ["prompt"],
        Example = "make it look like a watercolour painting",
    };

    public static readonly EditField NegativeInstruction = new(
        "negative_instruction",
        EditFieldType.Text,
        "Text that stands for \"no instruction\" when guidance is computed; empty unless you know why."
    )
    {
        Aliases = ["negative_prompt"],
        Example = "",
    };

    public static readonly EditField Mask = new(
        "mask",
        EditFieldType.Image,
        "Where to edit: a PNG as large as the upright picture. Of one with transparent pixels, those of alpha 0 are edited, as at "
            + "OpenAI; of an opaque one, the bright pixels (128 and up). Everything else keeps the source's exact pixels."
    );

    public static readonly EditField PreserveOutsideMask = new(
        "preserve_outside_mask",
        EditFieldType.Flag,
        "With a mask: true keeps every pixel outside it exactly and fades the edit in within it; false lets the fade reach "
            + "as far outside as inside."
    );

    public static readonly EditField Count = new(
        "n",
        EditFieldType.WholeNumber,
        "Pictures to make, with the seeds seed, seed + 1 and so on. All are made or none."
    )
    {
        Minimum = 1,
        Maximum = 10,
        Example = "1",
    };

    public static readonly EditField PreviewEvery = new(
        "preview_every",
        EditFieldType.WholeNumber,
        "Steps between two previews in a text/event-stream answer; 0 for none."
    )
    {
        Minimum = 0,
        Maximum = EditRequest.MaxSteps,
        Example = "0",
    };

    public static readonly EditField Steps = new(
        "steps",
        EditFieldType.WholeNumber,
        "Denoising steps: more take longer and show finer detail."
    )
    {
        Aliases = ["num_inference_steps"],
        Minimum = 1,
        Maximum = EditRequest.MaxSteps,
        Example = "20",
    };

    public static readonly EditField Seed = new(
        "seed",
        EditFieldType.WholeNumber,
        "Seed of the noise; the same request with the same seed gives the same picture. Random when absent, and told in the answer."
    )
    {
        Minimum = 0,
        Maximum = uint.MaxValue,
        Example = "1",
    };

    public static readonly EditField TextGuidanceScale = new(
        "text_guidance_scale",
        EditFieldType.Number,
        "How strongly the instruction is followed."
    )
    {
        Aliases = ["guidance_scale", "text_scale"],
        Minimum = 0,
        Maximum = EditRequest.MaxGuidanceScale,
        Example = "5",
    };

    public static readonly EditField ImageGuidanceScale = new(
        "image_guidance_scale",
        EditFieldType.Number,
        "How closely the source picture is kept."
    )
    {
        Aliases = ["image_scale"],
        Minimum = 0,
        Maximum = EditRequest.MaxGuidanceScale,
        Example = "1.25",
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
        Example = "0",
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

    public static readonly EditField Priority = new(
        "priority",
        EditFieldType.Text,
        "How soon it wants to be served: before or after the edits of other classes that wait. Waiting lifts an edit class by class."
    )
    {
        Choices = EditTerms.Priorities.Keys,
    };

    public static readonly EditField DeadlineMs = new(
        "deadline_ms",
        EditFieldType.WholeNumber,
        "Milliseconds from the arrival of the request within which the picture is of use. What cannot make it is refused at once."
    )
    {
        Minimum = 1,
        Maximum = 86_400_000,
        Example = "600000",
    };

    public static readonly EditField OnDeadline = new(
        "on_deadline",
        EditFieldType.Text,
        "What to do when the deadline comes while it runs: fail, or answer in time with the picture at the step reached."
    )
    {
        Choices = EditTerms.DeadlineActions.Keys,
    };

    /// <summary>How an edit wants to be served, in the order to show them; not what it is.</summary>
    public static IReadOnlyList<EditField> Service { get; } = [Priority, DeadlineMs, OnDeadline];

    public static readonly EditField Determinism = new(
        "determinism",
        EditFieldType.Text,
        "fast shares model calls with other edits, which changes a picture by rounding, a grey level at most; batch_invariant shares "
            + "none: the same bytes however busy the server is, and longer to wait where it is."
    )
    {
        Choices = DeterminismNames.ByName.Keys,
    };

    public static readonly EditField Metadata = new(
        "metadata",
        EditFieldType.Text,
        "What a PNG answer tells of how it was made: full (the default), minimal (not the instruction), or none. POST /v1/replay "
            + "makes a picture again from it."
    )
    {
        Choices = RecordLevels.ByName.Keys,
    };

    /// <summary>Every field of an edit, in the order to show them.</summary>
    public static IReadOnlyList<EditField> All { get; } =
    [
        Image,
        Instruction,
        Mask,
        PreserveOutsideMask,
        Count,
        Steps,
        Seed,
        TextGuidanceScale,
        ImageGuidanceScale,
        Sampler,
        Size,
        OutputFormat,
        NegativeInstruction,
        Eta,
        Determinism,
        Metadata,
        PreviewEvery,
    ];

    /// <summary>
    /// What the field is, whatever a route calls it: the name it was declared with stays its key when a copy has another name.
    /// </summary>
    public string Key { get; init; } = Name;

    /// <summary>The alias that documentation of JSON shows in place of the name; null where there is none.</summary>
    public string? JsonName { get; init; }

    /// <summary>Other names it may be given by; a name and its alias in one request are one field given twice.</summary>
    public IReadOnlyList<string> Aliases { get; init; } = [];

    /// <summary>True when the route takes the field many times, as a list.</summary>
    public bool Repeats { get; init; }

    /// <summary>True when JSON gives pictures as objects with <c>image_url</c> or <c>file_id</c>, as OpenAI's does.</summary>
    public bool TakesReferences { get; init; }

    /// <summary>Smallest value, of a number.</summary>
    public double Minimum { get; init; }

    /// <summary>Largest value, of a number.</summary>
    public double Maximum { get; init; }

    /// <summary>The values it may have, of a text or a list of texts; null where any will do.</summary>
    public IEnumerable<string>? Choices { get; init; }

    /// <summary>A value to show, which Swagger UI sends unless it is changed; without one it would send the largest number.</summary>
    public string? Example { get; init; }

    /// <summary>True when a body's field of this name is this one.</summary>
    public bool IsCalled(string name) =>
        Type != EditFieldType.Rest
        && (Name.Equals(name, StringComparison.Ordinal) || Aliases.Contains(name, StringComparer.Ordinal));
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

    /// <summary>Stands for every name that no other field of the route has: it is told back and otherwise without effect.</summary>
    Rest,
}
