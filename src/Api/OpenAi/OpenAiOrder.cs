using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>A request to POST /v1/images/edits that was read, decoded and found valid.</summary>
/// <param name="Edit">The edit, of the source already brought to the asked size.</param>
/// <param name="Parameters">The rest.</param>
/// <param name="Ignored">Names of fields that changed nothing.</param>
internal sealed record OpenAiOrder(EditOrder Edit, OpenAiParameters Parameters, IReadOnlyList<string> Ignored)
{
    /// <summary>File format of the answer.</summary>
    public ImageFileFormat Format => Edit.OutputFormat ?? ImageFileFormat.Png;

    /// <summary><c>transparent</c> when the answer carries transparency, else <c>opaque</c>.</summary>
    public string Background => Edit.Alpha is null || Format == ImageFileFormat.Jpeg ? "opaque" : "transparent";

    /// <summary>The answer's size.</summary>
    public ImageSize Size => new(Edit.Request.Image.Width, Edit.Request.Image.Height);
}
