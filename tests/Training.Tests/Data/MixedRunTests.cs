using System.Text.Json;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Recipes;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;
using InstructDiffusion.Training.Tests.Running;

namespace InstructDiffusion.Training.Tests.Data;

/// <summary>A run on all data sets at once, as the recipe of stage 2 mixes them.</summary>
public sealed class MixedRunTests : IDisposable
{
    private readonly TempFolder _folder = new();
    private readonly List<DatasetWorkshop> _workshops = [];

    public void Dispose()
    {
        _workshops.ForEach(workshop => workshop.Dispose());
        _folder.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Run_OnEveryKindMixed_Trains(bool isCached)
    {
        var sources = SmallSets.Kinds.Select(kind =>
        {
            var workshop = new DatasetWorkshop();
            _workshops.Add(workshop);
            SmallSets.Lay(workshop, kind);
            return new Dictionary<string, string> { ["kind"] = DataSourceKinds.NameOf(kind), ["path"] = workshop.Root };
        });
        TrainingRecipe recipe = TinyRun.Task(
            steps: 9,
            [
                $"data.sources={JsonSerializer.Serialize(sources.ToArray())}",
                "data.validation=null",
                .. isCached ? [$"data.cache={_folder.Of("cache")}"] : Array.Empty<string>(),
            ]
        );
        var said = new List<string>();
        var line = new ProgressLine(TextWriter.Null, terminal: null, TimeProvider.System, TimeSpan.FromHours(1));
        var run = new TrainingRun(recipe, new RunFolder(_folder.Of("run")), line, said.Add, DatasetFactory.Open);

        Assert.True(run.Run(acceptChanges: false, CancellationToken.None));

        Assert.DoesNotContain(said, message => message.Contains("could not be read", StringComparison.Ordinal));
        string log = File.ReadAllText(_folder.Of("run", "steps.jsonl"));
        Assert.Equal(9, log.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        // 36 samples an epoch, of which nine steps of four see all.
        string[] tasks =
        [
            "keypoints",
            "segmentation",
            "referring_segmentation",
            "deblur",
            "denoise",
            "watermark",
            "editing",
        ];
        Assert.All(tasks, task => Assert.Contains($"\"{task}\"", log, StringComparison.Ordinal));
    }
}
