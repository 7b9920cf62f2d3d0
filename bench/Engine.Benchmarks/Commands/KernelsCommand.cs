using System.CommandLine;
using InstructDiffusion.Engine.Benchmarks.Measuring;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Benchmarks.Reports;
using InstructDiffusion.Engine.Editing;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.Commands;

/// <summary><c>kernels</c>: the fast kernels beside the plain ones, in one run.</summary>
internal sealed class KernelsCommand : Command
{
    private const int GuidanceRows = 3;

    private readonly Option<string?> _model = CommonOptions.Model();

    private readonly Option<string> _size = CommonOptions.Size();

    private readonly Option<int[]> _latent = CommonOptions.Latent();

    private readonly Option<int> _runs = CommonOptions.Number("--runs", "Timed runs of each, in turns.", 5, 1, 1000);

    private readonly Option<int> _threads = CommonOptions.Threads();

    private readonly Option<string?> _output = CommonOptions.Output();

    public KernelsCommand()
        : base(
            "kernels",
            "Time a UNet step and the VAE by the plain and the fast kernels, in turns, and compare results."
        )
    {
        Add(_model);
        Add(_size);
        Add(_latent);
        Add(_runs);
        Add(_threads);
        Add(_output);
        SetAction((parse, cancellationToken) => Task.FromResult(Run(parse, cancellationToken)));
    }

    private int Run(ParseResult parse, CancellationToken cancellationToken)
    {
        Action<string> say = parse.InvocationConfiguration.Error.WriteLine;
        CommonOptions.StartLibtorch(parse.GetValue(_threads));
        ModelShape shape = ModelShape.ByName[parse.GetRequiredValue(_size)];
        using ModelFolder folder = ModelFolder.Of(parse.GetValue(_model), shape, say, cancellationToken);

        MachineDescription machine = MachineDescription.Of(TimeProvider.System);
        double? loadAtStart = MachineDescription.LoadAverage();
        say("matrix product, the ceiling");
        Measurement ceiling = MatmulCeiling.Measure(cancellationToken);
        long empty = ProcessMemory.Resident;
        using EditModel plain = folder.Load(plainKernels: true, cancellationToken);
        long withPlain = ProcessMemory.Resident;
        using EditModel fast = folder.Load(plainKernels: false, cancellationToken);
        var memory = (Plain: withPlain - empty, Fast: ProcessMemory.Resident - withPlain);

        var rows = new List<KernelComparison>();
        foreach (int side in parse.GetRequiredValue(_latent))
        {
            rows.AddRange(Compare(plain, fast, side, parse.GetValue(_runs), say, cancellationToken));
        }
        string report = KernelsReport.Write(
            ResultsReport.Head(folder.Name, machine, (loadAtStart, MachineDescription.LoadAverage()), ceiling),
            ceiling,
            memory,
            rows
        );
        parse.InvocationConfiguration.Output.Write(report);
        if (parse.GetValue(_output) is { } file)
        {
            File.WriteAllText(file, report);
        }
        return 0;
    }

    private static IEnumerable<KernelComparison> Compare(
        EditModel plain,
        EditModel fast,
        int side,
        int runs,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        using var scope = NewDisposeScope();
        int pixels = side * plain.Autoencoder.Config.DownsamplingFactor;
        Tensor sample = randn(GuidanceRows, plain.UNet.Config.InChannels, side, side);
        Tensor timesteps = full(GuidanceRows, 500f);
        Tensor context = randn(GuidanceRows, plain.TextEncoder.Config.MaxTokens, plain.UNet.Config.CrossAttentionDim);
        Tensor latents = randn(1, plain.Autoencoder.Config.LatentChannels, side, side);
        Tensor image = randn(1, plain.Autoencoder.Config.ImageChannels, pixels, pixels).clamp_(-1, 1);
        (string Name, nn.Module Plain, Func<EditModel, Tensor> Work)[] parts =
        [
            (
                $"UNet step, {GuidanceRows} rows of {side}x{side}",
                plain.UNet,
                model => model.UNet.call(sample, timesteps, context)
            ),
            ($"VAE encode, {pixels}x{pixels} pixels", plain.Autoencoder, model => Mean(model, image)),
            ($"VAE decode, {pixels}x{pixels} pixels", plain.Autoencoder, model => model.Autoencoder.Decode(latents)),
        ];
        foreach ((string name, nn.Module counted, Func<EditModel, Tensor> work) in parts)
        {
            say(name);
            yield return KernelComparison.Of(
                name,
                runs,
                counted,
                () => work(plain),
                () => work(fast),
                cancellationToken
            );
        }
    }

    private static Tensor Mean(EditModel model, Tensor image)
    {
        using var posterior = model.Autoencoder.Encode(image);
        return posterior.Mean.clone();
    }
}
