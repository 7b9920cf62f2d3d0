using System.CommandLine;
using InstructDiffusion.Engine.Benchmarks.Measuring;
using InstructDiffusion.Engine.Benchmarks.RandomModels;
using InstructDiffusion.Engine.Benchmarks.Reports;

namespace InstructDiffusion.Engine.Benchmarks.Commands;

/// <summary><c>run</c>: times the parts of an edit.</summary>
internal sealed class RunCommand : Command
{
    private readonly Option<string?> _model = CommonOptions.Model();

    private readonly Option<string> _size = CommonOptions.Size();

    private readonly Option<int[]> _latent = CommonOptions.Latent();

    private readonly Option<int> _runs = CommonOptions.Number("--runs", "Timed runs of each part.", 3, 1, 1000);

    private readonly Option<int> _threads = CommonOptions.Threads();

    private readonly Option<string?> _output = CommonOptions.Output();

    public RunCommand()
        : base("run", "Time model load, text encoder, VAE encode and decode, and a UNet step with dual guidance.")
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
        var benchmarks = new ModelBenchmarks(parse.GetValue(_runs), say, cancellationToken);
        IReadOnlyList<Measurement> measurements = benchmarks.Run(folder, parse.GetRequiredValue(_latent));

        string report = ResultsReport.Write(
            folder.Name,
            machine,
            (loadAtStart, MachineDescription.LoadAverage()),
            ceiling,
            measurements
        );
        parse.InvocationConfiguration.Output.Write(report);
        if (parse.GetValue(_output) is { } file)
        {
            File.WriteAllText(file, report);
        }
        return 0;
    }
}
