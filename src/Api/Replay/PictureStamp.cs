using System.Globalization;
using System.Security.Cryptography;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Api.Replay;

/// <summary>Writes into the PNG files of one order how they were made.</summary>
/// <param name="level">How much.</param>
/// <param name="model">Who makes them.</param>
/// <param name="weights">Asked when a picture is done, as the digest may not be known before.</param>
/// <param name="sourceSha256">Of the source's file.</param>
internal sealed class PictureStamp(
    RecordLevel level,
    ModelDescription model,
    WeightsDigest weights,
    string sourceSha256
)
{
    /// <summary>The keyword under which viewers of Stable Diffusion's pictures look.</summary>
    private const string ViewersKeyword = "parameters";

    private const int ShortHashLength = 10; // as those viewers write it

    /// <summary>Name and version of this program.</summary>
    public static string Software { get; } =
        "InstructDiffusion for .NET "
        + (typeof(PictureStamp).Assembly.GetName().Version ?? new Version(0, 0)).ToString(fieldCount: 3);

    /// <summary>SHA-256 of the mask's file; null without one.</summary>
    public string? MaskSha256 { get; init; }

    /// <summary>Whether pixels outside the mask are kept exactly; null without one.</summary>
    public bool? PreserveOutsideMask { get; init; }

    /// <summary>SHA-256 of a file, as records write it.</summary>
    public static string HashOf(ReadOnlyMemory<byte> file) => Convert.ToHexStringLower(SHA256.HashData(file.Span));

    /// <summary>The keywords and texts of a picture.</summary>
    public IReadOnlyDictionary<string, string> TextOf(EditRequest request, EditResult result)
    {
        var text = new Dictionary<string, string>();
        if (level == RecordLevel.None)
        {
            return text;
        }
        PictureRecord record = RecordOf(request, result);
        text[PictureRecord.Keyword] = record.ToJson();
        if (level == RecordLevel.Full)
        {
            text[ViewersKeyword] = ForViewers(record);
        }
        return text;
    }

    private PictureRecord RecordOf(EditRequest request, EditResult result) =>
        new()
        {
            Version = PictureRecord.CurrentVersion,
            Software = Software,
            Model = model.Name,
            WeightsSha256 = weights.Of(model),
            Instruction = level == RecordLevel.Full ? request.Instruction : null,
            NegativeInstruction =
                level == RecordLevel.Full && request.NegativeInstruction.Length > 0
                    ? request.NegativeInstruction
                    : null,
            Seed = request.Seed,
            Steps = request.Steps,
            StepsDone = result.Finish == EditFinish.Completed ? null : result.StepsDone,
            Sampler = SamplerNames.NameOf(request.Sampler),
            TextGuidanceScale = request.TextGuidanceScale,
            ImageGuidanceScale = request.ImageGuidanceScale,
            Eta = request.Eta,
            Determinism = request.Determinism == Determinism.Fast ? null : DeterminismNames.NameOf(request.Determinism),
            Size = result.WorkingSize.ToString(),
            SourceSha256 = sourceSha256,
            MaskSha256 = MaskSha256,
            PreserveOutsideMask = PreserveOutsideMask,
        };

    // Prompt, negative prompt, and one line of settings, as the web user interface of AUTOMATIC1111 writes them.
    private static string ForViewers(PictureRecord record)
    {
        var lines = new List<string> { OnOneLine(record.Instruction!) };
        if (record.NegativeInstruction is { } negative)
        {
            lines.Add($"Negative prompt: {OnOneLine(negative)}");
        }
        string hash = record.WeightsSha256 is { } sha ? $"Model hash: {sha[..ShortHashLength]}, " : "";
        lines.Add(
            string.Create(
                CultureInfo.InvariantCulture,
                $"Steps: {record.Steps}, Sampler: {record.Sampler}, CFG scale: {record.TextGuidanceScale}, "
                    + $"Image CFG scale: {record.ImageGuidanceScale}, Seed: {record.Seed}, Size: {record.Size}, {hash}"
                    + $"Model: {record.Model}, Version: {record.Software}"
            )
        );
        return string.Join('\n', lines);
    }

    private static string OnOneLine(string text) => new([.. text.Select(c => char.IsControl(c) ? ' ' : c)]);
}
