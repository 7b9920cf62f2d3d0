using System.CommandLine;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Commands;

/// <summary><c>make-model</c>: writes a model with random weights as a diffusers folder.</summary>
internal sealed class MakeModelCommand : Command
{
    private static readonly Dictionary<string, ScalarType> Precisions = new(StringComparer.Ordinal)
    {
        ["fp32"] = ScalarType.Float32,
        ["fp16"] = ScalarType.Float16,
    };

    private readonly Argument<string> _folder = new("folder")
    {
        Description = "Where to; made if missing, must be empty.",
    };

    private readonly Option<string> _precision = new Option<string>("--precision")
    {
        Description = "Precision of the weights on disk: fp32 or fp16.",
        DefaultValueFactory = static _ => "fp32",
    }.AcceptOnlyFromAmong([.. Precisions.Keys]);

    private readonly Option<string> _size = CommonOptions.Size();

    private readonly Option<int> _seed = CommonOptions.Number("--seed", "Seed of the weights.", 0, 0, int.MaxValue);

    public MakeModelCommand()
        : base("make-model", "Write a model with random weights as a diffusers folder.")
    {
        Add(_folder);
        Add(_precision);
        Add(_size);
        Add(_seed);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        CommonOptions.StartLibtorch(threads: 0);
        string folder = parse.GetRequiredValue(_folder);
        RandomModelWriter.Write(
            folder,
            ModelShape.ByName[parse.GetRequiredValue(_size)],
            Precisions[parse.GetRequiredValue(_precision)],
            parse.GetValue(_seed),
            parse.InvocationConfiguration.Error.WriteLine,
            cancellationToken
        );
        parse.InvocationConfiguration.Output.WriteLine(folder);
        return 0;
    }
}
