using System.CommandLine;
using InstructDiffusion.Engine.Benchmarks.Measuring;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using TorchSharp;

namespace InstructDiffusion.Engine.Benchmarks.Commands;

/// <summary><c>soak</c>: many edits on one model, after which tensors and memory must be where they were after the first few.</summary>
internal sealed class SoakCommand : Command
{
    /// <summary>Edits after which everything that is made once exists.</summary>
    private const int Settled = 20;

    /// <summary>What the allocators may hold more, in bytes: glibc's arenas and the managed heap breathe.</summary>
    private const long Slack = 48L << 20;

    private static readonly SamplerKind[] Samplers = Enum.GetValues<SamplerKind>();

    private static readonly ImageSize[] Sizes = [new(64, 64), new(128, 64), new(128, 128)];

    private readonly Option<string?> _model = CommonOptions.Model();

    private readonly Option<int> _edits = CommonOptions.Number("--edits", "Edits in all.", 200, Settled + 1, 1_000_000);

    private readonly Option<int> _threads = CommonOptions.Threads();

    public SoakCommand()
        : base(
            "soak",
            "Edit many times over, with every sampler and several sizes; fail when tensors or memory are left."
        )
    {
        Add(_model);
        Add(_edits);
        Add(_threads);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        TextWriter output = parse.InvocationConfiguration.Output;
        CommonOptions.StartLibtorch(parse.GetValue(_threads));
        using ModelFolder folder = ModelFolder.Of(
            parse.GetValue(_model),
            ModelShape.Tiny,
            parse.InvocationConfiguration.Error.WriteLine,
            cancellationToken
        );
        using EditModel model = folder.Load(plainKernels: false, cancellationToken);
        var pipeline = new EditPipeline(model);
        int edits = parse.GetValue(_edits);
        (long tensors, long resident) = (0, 0);
        for (int edit = 1; edit <= edits; edit++)
        {
            pipeline.Run(RequestOf(edit), onStep: null, cancellationToken);
            if (edit == Settled)
            {
                (tensors, resident) = (torch.Tensor.TotalCount, ProcessMemory.Resident);
            }
        }
        long newTensors = torch.Tensor.TotalCount - tensors;
        long grown = ProcessMemory.Resident - resident;
        output.WriteLine($"after {Settled} edits: {tensors} live tensors, {resident >> 20} MiB resident");
        output.WriteLine($"after {edits} edits: {newTensors:+0;-0;0} tensors, {grown >> 20:+0;-0;0} MiB");
        bool kept = newTensors == 0 && grown <= Slack;
        output.WriteLine(
            kept ? "nothing is left behind" : $"LEAK: no tensor and at most {Slack >> 20} MiB are allowed"
        );
        return kept ? 0 : 1;
    }

    private static EditRequest RequestOf(int edit)
    {
        ImageSize size = Sizes[edit % Sizes.Length];
        return new EditRequest
        {
            Image = GeneratedPhotograph.Of(size),
            Instruction = $"make it {edit} times as bright",
            Sampler = Samplers[edit % Samplers.Length],
            Seed = edit,
            Steps = 1 + (edit % 4),
            WorkingSize = WorkingSize.Of(size),
        };
    }
}
