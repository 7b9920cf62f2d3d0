namespace InstructDiffusion.Training.Reporting;

/// <summary>Progress of training: step, loss, samples a second, time left, and the share of it that waits for data.</summary>
public sealed class TrainingProgress
{
    /// <summary>Steps over which the figures are averaged.</summary>
    private const int SmoothedSteps = 100;

    private readonly ProgressLine _line;
    private readonly long _totalSteps;
    private readonly RateWindow _steps;
    private readonly RunningMean _loss = new(SmoothedSteps);
    private readonly RunningMean _samplesPerSecond = new(SmoothedSteps);
    private readonly RunningMean _dataWait = new(SmoothedSteps);
    private string _state;

    /// <summary>Begins.</summary>
    /// <param name="line">Where it is shown.</param>
    /// <param name="firstStep">Steps made by earlier processes.</param>
    /// <param name="totalSteps">Steps of the whole run.</param>
    /// <param name="time">Measures the rate.</param>
    public TrainingProgress(ProgressLine line, long firstStep, long totalSteps, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(line);
        ArgumentNullException.ThrowIfNull(time);
        _line = line;
        _totalSteps = totalSteps;
        _steps = new RateWindow(time, firstStep);
        _state = $"step {firstStep} of {totalSteps}";
    }

    /// <summary>Notes a step that was made.</summary>
    public void Report(StepRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        long done = record.Step + 1;
        _steps.Report(done);
        _loss.Add(record.Loss);
        _samplesPerSecond.Add(record.SamplesPerSecond);
        _dataWait.Add(record.DataWaitShare);
        // One bad loss must be seen, not averaged away.
        double loss = double.IsFinite(record.Loss) ? _loss.Mean : record.Loss;
        _state =
            $"step {done} of {_totalSteps} ({ProgressText.Percent(done, _totalSteps)}), loss {loss:0.0000}, "
            + $"{ProgressText.Rate(_samplesPerSecond.Mean)} samples/s, waiting for data {100 * _dataWait.Mean:0} %, "
            + _steps.LeftOf(_totalSteps);
        _line.Show(_state);
    }

    /// <summary>Training has ended, at its last step or before: the last state stays to be read.</summary>
    public void Complete() => _line.Finish(_state);
}
