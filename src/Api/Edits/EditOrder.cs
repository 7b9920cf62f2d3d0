using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>A request that was read, decoded and found valid.</summary>
/// <param name="Request">The edit.</param>
/// <param name="Alpha">The source's transparency, put back on a PNG or WebP answer.</param>
/// <param name="OutputFormat">The field <c>output_format</c>, if given.</param>
internal sealed record EditOrder(EditRequest Request, byte[]? Alpha, ImageFileFormat? OutputFormat);
