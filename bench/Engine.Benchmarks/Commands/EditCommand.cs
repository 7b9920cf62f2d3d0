using System.CommandLine;
using System.Diagnostics;
using InstructDiffusion.Engine.Benchmarks.Measuring;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Benchmarks.Reports;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Benchmarks.Commands;

/// <summary><c>edit</c>: a whole edit of a photograph, which must stay below a limit of memory.</summary>
internal sealed class EditCommand : Command
{
    private readonly Option<string?> _model = new("--model")
    {
        Description =
            "Model folder. Default: a random one of real size, made for this run (4.3 GB in the temporary folder).",
        HelpName = "folder",
    };

    private readonly Option<string?> _image = new("--image")
    {
        Description = "Picture to edit. Default: a generated one of the working size.",
        HelpName = "file",
    };

    private readonly Option<string> _size = new("--size")
    {
        Description = "Working size in pixels, e.g. 768x512.",
        HelpName = "WxH",
        DefaultValueFactory = static _ => "512x512",
    };

    private readonly Option<int> _steps = CommonOptions.Number(
        "--steps",
        "Denoising steps.",
        2,
        1,
        EditRequest.MaxSteps
    );

    private readonly Option<double> _limit = new("--limit")
    {
        Description = "Most resident memory in GiB; more is a failure.",
        HelpName = "GiB",
        DefaultValueFactory = static _ => 8,
    };

    private readonly Option<int> _threads = CommonOptions.Threads();

    public EditCommand()
        : base("edit", "Edit a photograph; fail when the process needs more memory than it may.")
    {
        _size.Validators.Add(result =>
        {
            string text = result.GetValueOrDefault<string>() ?? "";
            if (CommonOptions.ParseSize(text) is null)
            {
                result.AddError($"--size must be WIDTHxHEIGHT, e.g. 512x512, got '{text}'");
            }
        });
        _limit.Validators.Add(result =>
        {
            double limit = result.GetValueOrDefault<double>();
            if (limit is not (> 0 and <= 1024))
            {
                result.AddError($"--limit must be above 0 and at most 1024, got {limit}");
            }
        });
        Add(_model);
        Add(_image);
        Add(_size);
        Add(_steps);
        Add(_limit);
        Add(_threads);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        Action<string> say = parse.InvocationConfiguration.Error.WriteLine;
        ImageSize size = CommonOptions.ParseSize(parse.GetRequiredValue(_size))!.Value; // checked by the validator
        RgbImage image = parse.GetValue(_image) is { } path
            ? ImageCodec.Decode(File.ReadAllBytes(path), ImageDecodeLimits.Default).Image
            : GeneratedPhotograph.Of(size);
        CommonOptions.StartLibtorch(parse.GetValue(_threads));
        using ModelFolder folder = ModelFolder.Of(parse.GetValue(_model), ModelShape.Real, say, cancellationToken);

        long started = Stopwatch.GetTimestamp();
        using EditModel model = folder.Load(plainKernels: false, cancellationToken);
        output.WriteLine(
            $"{folder.Name}: loaded in {Stopwatch.GetElapsedTime(started).TotalSeconds:0.0} s, {Memory()}"
        );
        EditResult result = new EditPipeline(model).Run(
            new EditRequest
            {
                Image = image,
                Instruction = "turn the sky into a sunset",
                WorkingSize = WorkingSize.Of(size),
                Steps = parse.GetValue(_steps),
            },
            (done, all) => say($"step {done} of {all}, {Memory()}"),
            cancellationToken
        );
        output.WriteLine(
            $"{image.Width}x{image.Height} edited at {size}: prepared in {result.PrepareTime.TotalSeconds:0.0} s, "
                + $"{parse.GetValue(_steps)} steps in {result.DenoiseTime.TotalSeconds:0.0} s, "
                + $"finished in {result.FinishTime.TotalSeconds:0.0} s, {Memory()}"
        );
        var limit = (long)(parse.GetValue(_limit) * (1L << 30));
        bool kept = ProcessMemory.Peak <= limit;
        output.WriteLine($"{(kept ? "within" : "MORE THAN")} the {ResultsReport.Gibibytes(limit)} GiB allowed");
        return kept ? 0 : 1;
    }

    private static string Memory() =>
        $"resident {ResultsReport.Gibibytes(ProcessMemory.Resident)} GiB, peak {ResultsReport.Gibibytes(ProcessMemory.Peak)} GiB";
}
