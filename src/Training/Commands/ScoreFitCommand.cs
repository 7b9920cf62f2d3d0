using System.CommandLine;
using System.Globalization;
using InstructDiffusion.Engine.Native;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Scoring.Features;
using InstructDiffusion.Training.Scoring.Giqa;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>score fit</c>: fits a model of picture quality to pictures' vectors (GIQA).</summary>
internal static class ScoreFitCommand
{
    private const string Knn = "knn";
    private const string Gmm = "gmm";
    private const string Mbc = "mbc";
    private const string Progress = "progress";

    private static readonly TimeSpan _plainInterval = TimeSpan.FromSeconds(15);

    public static Command Create()
    {
        var kind = new Argument<string>("kind")
        {
            Description = "knn: nearest real pictures. gmm: a mixture of normal distributions. mbc, progress: learned.",
        };
        kind.AcceptOnlyFromAmong(Knn, Gmm, Mbc, Progress);
        var features = new Option<string>("--features")
        {
            Description = "Folder that 'score features' has filled.",
            HelpName = "folder",
            Required = true,
        };
        var output = new Option<string>("--out", "-o")
        {
            Description = "The model's file.",
            HelpName = "x.safetensors",
            Required = true,
        };
        var options = new FitOptions();
        var command = new Command("fit", "Fit a model of picture quality (GIQA) to vectors.")
        {
            kind,
            features,
            output,
        };
        options.AddTo(command);
        command.SetAction((parse, stop) => Task.Run(() => Run(parse, stop), CancellationToken.None));
        return command;

        void Run(ParseResult parse, CancellationToken stop)
        {
            Libtorch.Load();
            using FeatureSet set = FeatureSet.Open(parse.GetRequiredValue(features));
            string path = parse.GetRequiredValue(output);
            using IQualityModel model = Fit(
                set,
                options.SettingsOf(parse, parse.GetRequiredValue(kind), set),
                parse,
                stop
            );
            QualityFile.Write(path, model, stop);
            parse.InvocationConfiguration.Output.WriteLine(
                string.Create(CultureInfo.InvariantCulture, $"{path}: fitted to {set.Names.Count:N0} pictures")
            );
        }

        IQualityModel Fit(FeatureSet set, QualitySettings settings, ParseResult parse, CancellationToken stop)
        {
            double? variance = options.VarianceOf(parse);
            switch (settings.Kind)
            {
                case QualityKind.Knn:
                    return KnnQuality.Fit(set.Vectors, settings, variance);
                case QualityKind.Gmm:
                    (GmmQuality mixture, bool settled) = GmmQuality.Fit(set.Vectors, settings, variance, stop);
                    if (!settled)
                    {
                        parse.InvocationConfiguration.Error.WriteLine(
                            $"the mixture has not settled in {settings.Gmm!.MaxRounds} rounds; --rounds may be more"
                        );
                    }
                    return mixture;
                default:
                    double?[] iterations = [.. set.Names.Select(PictureList.IterationOf)];
                    return Learn(set, iterations, settings, stop);
            }
        }
    }

    private static ProgressQuality Learn(
        FeatureSet set,
        double?[] iterations,
        QualitySettings settings,
        CancellationToken stop
    )
    {
        ProgressLine line = ProgressLine.OfProcess(_plainInterval);
        var progress = new WorkProgress(line, "fit", "epochs", settings.Progress!.Epochs, TimeProvider.System);
        double last = 0;
        ProgressQuality model = ProgressQuality.Fit(
            set.Vectors,
            iterations,
            settings,
            loss =>
            {
                last = loss;
                progress.Advance();
            },
            stop
        );
        progress.Complete();
        line.Say(string.Create(CultureInfo.InvariantCulture, $"loss of the last epoch: {last:0.####}"));
        return model;
    }
}
