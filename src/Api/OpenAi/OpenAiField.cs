using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>
/// The fields of POST /v1/images/edits: OpenAI's, then those of POST /v1/edits that it lacks, then any other name, which is told
/// back in <c>x-ignored-params</c>.
/// </summary>
internal static class OpenAiField
{
    public static readonly EditField Image = EditField.Image with
    {
        Aliases = ["image[]", "images"],
        JsonName = "images",
        Repeats = true,
        TakesReferences = true,
        Description =
            "The picture to edit: PNG, JPEG or WebP. A file in a form, as image or image[]; in JSON images, a list of one object with "
            + "image_url, a data: URL. More than one are refused, as the model edits one.",
    };

    public static readonly EditField Prompt = EditField.Instruction with { Name = "prompt", Aliases = ["instruction"] };

    public static readonly EditField Mask = EditField.Mask with
    {
        TakesReferences = true,
        Description =
            "Where to edit: a PNG as large as the upright picture; its pixels of alpha 0 are edited, all others keep the source's "
            + "exact pixels.",
    };

    public static readonly EditField Size = new(
        "size",
        EditFieldType.Text,
        "Size of the answer: \"auto\", the source's, or such as \"1024x1536\", both sides multiples of 16 and neither more than three "
            + "times the other. The source is brought to it before it is edited, see resize."
    )
    {
        Key = "output_size",
        Example = "auto",
    };

    public static readonly EditField Resize = new(
        "resize",
        EditFieldType.Text,
        "How the source is brought to a size of another aspect: crop cuts off what stands out, fit keeps all and mirrors the edges "
            + "into the rest, stretch distorts. crop unless given."
    )
    {
        Choices = Enum.GetNames<OutputResize>().Select(name => name.ToLowerInvariant()).ToArray(),
    };

    public static readonly EditField WorkingSize = EditField.Size with { Name = "working_size" };

    public static readonly EditField ResponseFormat = new(
        "response_format",
        EditFieldType.Text,
        "b64_json, or url for the same picture as a data: URL; this server stores no pictures."
    )
    {
        Choices = ["b64_json", "url"],
    };

    public static readonly EditField OutputCompression = new(
        "output_compression",
        EditFieldType.WholeNumber,
        "Quality of a JPEG or WebP answer, 100 unless given."
    )
    {
        Minimum = 0,
        Maximum = 100,
    };

    public static readonly EditField Background = new(
        "background",
        EditFieldType.Text,
        "transparent and auto carry the source's transparency over, opaque drops it."
    )
    {
        Choices = ["auto", "transparent", "opaque"],
    };

    public static readonly EditField Quality = new(
        "quality",
        EditFieldType.Text,
        "Steps when steps does not say: the model's default for auto, standard and medium, half of it for low, twice for high."
    )
    {
        Choices = ["auto", "standard", "low", "medium", "high"],
    };

    public static readonly EditField Stream = new(
        "stream",
        EditFieldType.Flag,
        "True answers with server-sent events: image_edit.partial_image, then image_edit.completed for each picture."
    );

    public static readonly EditField PartialImages = new(
        "partial_images",
        EditFieldType.WholeNumber,
        "Pictures of the unfinished state in a stream, at most; none when n is above 1."
    )
    {
        Minimum = 0,
        Maximum = 3,
    };

    public static readonly EditField Model = new(
        "model",
        EditFieldType.Text,
        "The served model's name (GET /v1/models), or one of OpenAI's image models, for which the served one stands in."
    );

    public static readonly EditField InputFidelity = new(
        "input_fidelity",
        EditFieldType.Text,
        "Without effect; see image_scale."
    )
    {
        Choices = ["high", "low"],
    };

    public static readonly EditField Moderation = new("moderation", EditFieldType.Text, "Without effect.")
    {
        Choices = ["auto", "low"],
    };

    public static readonly EditField User = new("user", EditFieldType.Text, "Without effect.");

    private static readonly EditField Rest = new("", EditFieldType.Rest, "Any other name, without effect.");

    private static readonly EditField[] Own =
    [
        Image,
        Prompt,
        Mask,
        EditField.Count,
        Size,
        Resize,
        EditField.OutputFormat,
        OutputCompression,
        Background,
        Quality,
        ResponseFormat,
        Stream,
        PartialImages,
        Model,
        InputFidelity,
        Moderation,
        User,
        WorkingSize,
    ];

    /// <summary>Every field, in the order to show them; the last stands for any other name.</summary>
    public static IReadOnlyList<EditField> All { get; } =
    [
        .. Own,
        .. EditField.All.Where(native =>
            native != EditField.PreviewEvery // partial_images says it
            && !Own.Any(own => own.Key.Equals(native.Key, StringComparison.Ordinal))
        ),
        .. EditField.Service,
        Rest,
    ];

    /// <summary>Fields that are understood and change nothing.</summary>
    public static IReadOnlyList<EditField> WithoutEffect { get; } = [InputFidelity, Moderation, User];
}
