using System.CommandLine;
using InstructDiffusion.Training.Scoring.Features;
using InstructDiffusion.Training.Scoring.Giqa;

namespace InstructDiffusion.Training.Commands;

/// <summary>What <c>score fit</c> is told of the model; defaults are the released code's.</summary>
internal sealed class FitOptions
{
    private readonly Option<long> _seed = new("--seed")
    {
        Description = "Of first weights, orders and clusters. The same seed gives the same file.",
        DefaultValueFactory = _ => 1,
    };

    private readonly Option<double?> _variance = new("--pca")
    {
        Description = "knn, gmm: keep the principal components that explain this part of the variance, e.g. 0.95.",
        HelpName = "0…1",
    };

    private readonly Option<int> _neighbours = Whole("--neighbours", "knn: nearest pictures that count.", 1);

    private readonly Option<bool> _paperForm = new("--paper-form")
    {
        Description =
            "knn: (1/K)·Σ 1/d² of Euclidean distances, in place of the released code's Σ 1/d of L1 distances.",
    };

    private readonly Option<bool> _countCopies = new("--count-copies")
    {
        Description = "knn: a picture of the gallery counts as its own neighbour, as in the released code.",
    };

    private readonly Option<int> _components = Whole("--components", "gmm: normal distributions.", 5);

    private readonly Option<int> _rounds = Whole("--rounds", "gmm: most rounds of the fit.", 100);

    private readonly Option<int> _classifiers = Whole("--classifiers", "mbc: how many.", 8);

    private readonly Option<double[]> _thresholds = new("--thresholds")
    {
        Description = "mbc: the iterations that classifiers tell earlier from later. Default: evenly spread.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    private readonly Option<int> _epochs = Whole("--epochs", "mbc, progress: times that each picture is seen.", 112);

    private readonly Option<int> _hidden = Whole("--hidden", "mbc, progress: units of the hidden layer.", 256);

    private readonly Option<int> _batch = Whole("--batch", "mbc, progress: pictures a step.", 512);

    /// <summary>Adds all of them to a command.</summary>
    public void AddTo(Command command)
    {
        _variance.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<double?>() is { } part && !(part is > 0 and < 1))
            {
                result.AddError("--pca: must lie between 0 and 1");
            }
        });
        DataOptions.RequireAtLeast(1, _neighbours, _components, _rounds, _classifiers, _epochs, _hidden, _batch);
        Option[] all =
        [
            .. (Option[])[_seed, _variance, _neighbours, _paperForm, _countCopies, _components, _rounds],
            .. (Option[])[_classifiers, _thresholds, _epochs, _hidden, _batch],
        ];
        foreach (Option option in all)
        {
            command.Options.Add(option);
        }
    }

    /// <summary>The part of the variance that is kept; null for all features as they are.</summary>
    public double? VarianceOf(ParseResult parse) => parse.GetValue(_variance);

    /// <summary>The settings of a kind of model.</summary>
    public QualitySettings SettingsOf(ParseResult parse, string kind, FeatureSet features)
    {
        QualityKind parsed = Enum.Parse<QualityKind>(kind, ignoreCase: true);
        var settings = new QualitySettings
        {
            Kind = parsed,
            Seed = parse.GetValue(_seed),
            Clip = features.Clip,
        };
        return parsed switch
        {
            QualityKind.Knn => settings with
            {
                Knn = new KnnSettings
                {
                    Neighbours = parse.GetValue(_neighbours),
                    IsReleasedForm = !parse.GetValue(_paperForm),
                    SkipsCopies = !parse.GetValue(_countCopies),
                },
            },
            QualityKind.Gmm => settings with
            {
                Gmm = new MixtureSettings
                {
                    Components = parse.GetValue(_components),
                    MaxRounds = parse.GetValue(_rounds),
                },
            },
            _ => settings with
            {
                Progress = new ProgressSettings
                {
                    Classifiers = parse.GetValue(_classifiers),
                    Thresholds = parse.GetRequiredValue(_thresholds),
                    Epochs = parse.GetValue(_epochs),
                    Hidden = parse.GetValue(_hidden),
                    BatchSize = parse.GetValue(_batch),
                },
            },
        };
    }

    private static Option<int> Whole(string name, string description, int value) =>
        new(name) { Description = description, DefaultValueFactory = _ => value };
}
