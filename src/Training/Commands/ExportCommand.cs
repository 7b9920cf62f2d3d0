using System.CommandLine;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Training.Export;
using InstructDiffusion.Training.Reporting;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>export</c>: a run's checkpoint as a diffusers folder or an ldm file.</summary>
internal static class ExportCommand
{
    public static Command Create()
    {
        var run = new Option<string>("--run") { Description = "The run's folder.", Required = true };
        var output = new Option<string>("--out") { Description = "The folder or file to make.", Required = true };
        var step = new Option<long?>("--step") { Description = "Which checkpoint; the newest when not given." };
        var raw = new Option<bool>("--raw") { Description = "The last weights instead of the averaged ones." };
        var format = new Option<string>("--format")
        {
            Description = "diffusers: a folder. ldm: one safetensors file.",
            DefaultValueFactory = _ => "diffusers",
        };
        format.AcceptOnlyFromAmong("diffusers", "ldm");
        var precision = new Option<string>("--precision")
        {
            Description = "Type of the weights.",
            DefaultValueFactory = _ => "fp16",
        };
        precision.AcceptOnlyFromAmong("fp32", "fp16", "bf16");
        var overwrite = new Option<bool>("--overwrite") { Description = "Replace what is there." };
        var command = new Command("export", "Writes a run's weights as a model.")
        {
            run,
            output,
            step,
            raw,
            format,
            precision,
            overwrite,
        };
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                        Export(
                            new RunFolder(parse.GetRequiredValue(run)),
                            parse.GetRequiredValue(output),
                            parse.GetValue(step),
                            !parse.GetValue(raw),
                            new ConversionOptions
                            {
                                Target = string.Equals(parse.GetValue(format), "ldm", StringComparison.Ordinal)
                                    ? ConversionTarget.Ldm
                                    : ConversionTarget.Diffusers,
                                FloatType = TypeOf(parse.GetRequiredValue(precision)),
                                Overwrite = parse.GetValue(overwrite),
                            },
                            stop
                        ),
                    CancellationToken.None
                )
        );
        return command;
    }

    private static void Export(
        RunFolder folder,
        string output,
        long? step,
        bool averaged,
        ConversionOptions options,
        CancellationToken stop
    )
    {
        string whole = Path.TrimEndingDirectorySeparator(Path.GetFullPath(output)) + ".fp32";
        try
        {
            long exported = RunExport.Write(folder, whole, step, averaged, stop);
            ModelSidecar? sidecar = ModelSidecar.Find(whole);
            ConversionReport report = CheckpointConverter.Convert(
                whole,
                output,
                options with
                {
                    Sidecar = sidecar,
                },
                stop
            );
            Console.WriteLine($"step {exported}: {report.Output}");
            foreach (string note in report.Notes)
            {
                Console.Error.WriteLine(note);
            }
        }
        finally
        {
            if (Directory.Exists(whole))
            {
                Directory.Delete(whole, recursive: true);
            }
        }
    }

    private static ScalarType TypeOf(string precision) =>
        precision switch
        {
            "fp16" => ScalarType.Float16,
            "bf16" => ScalarType.BFloat16,
            _ => ScalarType.Float32,
        };
}
