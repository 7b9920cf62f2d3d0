using System.Diagnostics;
using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Reporting;
using TorchSharp;

namespace InstructDiffusion.Training.Running;

/// <summary>Where a run tells what it does: the step log, TensorBoard, the console and the folder of samples.</summary>
internal sealed class TrainingLog : IDisposable
{
    private const int MiB = 1 << 20;

    private readonly RunFolder _folder;
    private readonly StepLog _steps;
    private readonly TensorBoardLog _board;
    private readonly TrainingProgress _progress;
    private readonly Action<string> _say;

    /// <summary>Opens the logs of a run that makes <paramref name="firstStep"/> next.</summary>
    public TrainingLog(RunFolder folder, long firstStep, long totalSteps, ProgressLine line, Action<string> say)
    {
        _folder = folder;
        _say = say;
        _steps = StepLog.Open(folder.Steps, firstStep);
        _board = new TensorBoardLog(folder.Events, firstStep, TimeProvider.System);
        _progress = new TrainingProgress(line, firstStep, totalSteps, TimeProvider.System);
    }

    /// <summary>Notes a step.</summary>
    public void Step(
        long step,
        StepResult result,
        TrainingState state,
        long samplesSeen,
        TimeSpan took,
        TimeSpan waited
    )
    {
        using var process = Process.GetCurrentProcess();
        var record = new StepRecord
        {
            Step = step,
            SamplesSeen = samplesSeen,
            Loss = result.Loss,
            LossByTask = result.LossByTask,
            GradientNorm = result.GradientNorm,
            LearningRate = result.LearningRate,
            EmaDecay = state.Ema.EffectiveDecay,
            SamplesPerSecond = (double)samplesSeen / (step + 1) / took.TotalSeconds,
            DataWaitShare = waited / took,
            LiveTensors = DisposeScopeManager.Statistics.ThreadTotalLiveCount,
            ResidentMiB = (double)process.WorkingSet64 / MiB,
            LossScale = state.Scaler.Scale == 1 ? null : state.Scaler.Scale,
            Time = TimeProvider.System.GetUtcNow(),
        };
        _steps.Append(record);
        _board.Step(record);
        _progress.Report(record);
    }

    /// <summary>Notes a validation.</summary>
    public void Validation(long step, double loss, IReadOnlyDictionary<string, double> byTask)
    {
        _board.Scalar("validation/loss", loss, step);
        foreach ((string task, double value) in byTask)
        {
            _board.Scalar($"validation/loss/{task}", value, step);
        }
        string tasks = string.Join(
            ", ",
            byTask.Select(t => string.Create(CultureInfo.InvariantCulture, $"{t.Key} {t.Value:0.0000}"))
        );
        _say(string.Create(CultureInfo.InvariantCulture, $"step {step}: validation loss {loss:0.0000} ({tasks})"));
    }

    /// <summary>Keeps a sheet of pictures.</summary>
    public void Pictures(long step, RgbImage sheet)
    {
        _board.Image("validation/pictures", sheet, step);
        string path = Path.Combine(_folder.Samples, string.Create(CultureInfo.InvariantCulture, $"step-{step:D9}.png"));
        File.WriteAllBytes(path, ImageCodec.Encode(sheet, ImageFileFormat.Png));
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _progress.Complete();
        _board.Dispose();
        _steps.Dispose();
    }
}
