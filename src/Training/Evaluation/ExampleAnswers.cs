using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// The answers to a task's first pairs, kept without loss until the sheets are drawn: an evaluation that was interrupted need not ask
/// for them again.
/// </summary>
/// <param name="folder">Where they lie; null keeps none.</param>
internal sealed class ExampleAnswers(string? folder)
{
    /// <summary>Pairs of a task that are shown.</summary>
    public const int Kept = 12;

    /// <summary>Name of the folder, in a report's.</summary>
    public const string FolderName = "answers";

    /// <summary>Whether a pair's answer is kept.</summary>
    public bool Keeps(int index) => folder is not null && index < Kept;

    /// <summary>Whether all is there that the sheets need of a pair.</summary>
    public bool Has(string task, int index) =>
        !Keeps(index) || (File.Exists(PathOf(task, index, Before)) && File.Exists(PathOf(task, index, Answer)));

    /// <summary>Keeps an answer.</summary>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public void Write(string task, int index, RgbImage before, RgbImage answer)
    {
        Directory.CreateDirectory(folder!);
        Write(PathOf(task, index, Before), before);
        Write(PathOf(task, index, Answer), answer);
    }

    /// <summary>A pair with its answer.</summary>
    /// <exception cref="EvaluationException">A file is damaged.</exception>
    public JudgedPair Read(string task, int index, EvaluatedPair pair) =>
        new(pair, Read(PathOf(task, index, Before)), Read(PathOf(task, index, Answer)));

    private const string Before = "before";
    private const string Answer = "answer";

    private string PathOf(string task, int index, string what) =>
        Path.Combine(folder!, string.Create(CultureInfo.InvariantCulture, $"{task}-{index:D6}-{what}.png"));

    private static void Write(string path, RgbImage picture)
    {
        byte[] png = ImageCodec.Encode(picture, ImageFileFormat.Png);
        DiskFullException.Watch(path, () => File.WriteAllBytes(path, png));
    }

    private static RgbImage Read(string path)
    {
        try
        {
            return ImageCodec.Decode(File.ReadAllBytes(path), ImageDecodeLimits.Default).Image;
        }
        catch (Exception error) when (error is IOException or ImageFormatException)
        {
            throw new EvaluationException($"{path}: {error.Message}; remove it, and it is made again", error);
        }
    }
}
