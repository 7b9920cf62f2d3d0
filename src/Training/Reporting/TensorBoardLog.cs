using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Reporting;

/// <summary>Scalars and pictures for TensorBoard, in event files of its own format.</summary>
/// <remarks>
/// The format is written here, in some 150 lines: TorchSharp's own writer makes pictures with a graphics library whose native
/// part its packages do not bring for Linux, and it cannot say that a run goes on at an earlier step. Field numbers are those of
/// tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto.
/// </remarks>
public sealed class TensorBoardLog : IDisposable
{
    private const string FormatVersion = "brain.Event:2";
    private const int SessionStart = 1; // SessionLog.SessionStatus.START
    private const int RgbColours = 3; // Summary.Image.colorspace

    private readonly EventFile _file;
    private readonly TimeProvider _time;

    /// <summary>Starts a file of its own beside those of earlier processes.</summary>
    /// <param name="folder">The run's folder of events; created if missing.</param>
    /// <param name="firstStep">The step that is made next: TensorBoard drops what earlier files say of it and of later ones.</param>
    /// <param name="time">Names the file and dates the events.</param>
    /// <exception cref="DiskFullException">No space is left.</exception>
    public TensorBoardLog(string folder, long firstStep, TimeProvider time)
    {
        ArgumentException.ThrowIfNullOrEmpty(folder);
        ArgumentNullException.ThrowIfNull(time);
        _time = time;
        Directory.CreateDirectory(folder);
        _file = new EventFile(Path.Combine(folder, FileName()));
        _file.Append(Event(step: 0).Text(3, FormatVersion).ToArray());
        _file.Append(Event(firstStep).Message(7, new ProtobufWriter().Integer(1, SessionStart)).ToArray());
    }

    /// <summary>Notes the curves of one step: loss, the tasks' losses, learning rate and the other figures of its record.</summary>
    /// <exception cref="DiskFullException">No space is left; what was written before stays.</exception>
    public void Step(StepRecord record)
    {
        ArgumentNullException.ThrowIfNull(record);
        List<(string Tag, double Value)> values =
        [
            ("loss", record.Loss),
            ("grad_norm", record.GradientNorm),
            ("lr", record.LearningRate),
            ("samples_per_second", record.SamplesPerSecond),
            ("data_wait_share", record.DataWaitShare),
            ("live_tensors", record.LiveTensors),
            ("resident_mib", record.ResidentMiB),
            .. record.LossByTask.Select(task => ($"loss/{task.Key}", task.Value)),
        ];
        if (record.EmaDecay is { } decay)
        {
            values.Add(("ema_decay", decay));
        }
        if (record.LossScale is { } scale)
        {
            values.Add(("loss_scale", scale));
        }
        Scalars(record.Step, values);
    }

    /// <summary>Notes one point of a curve.</summary>
    /// <param name="tag">The curve; a slash groups, e.g. <c>validation/loss</c>.</param>
    /// <param name="value">Its value; single precision is kept.</param>
    /// <param name="step">The step it belongs to.</param>
    /// <exception cref="DiskFullException">No space is left; what was written before stays.</exception>
    public void Scalar(string tag, double value, long step) => Scalars(step, [(tag, value)]);

    /// <summary>Notes a picture, losslessly.</summary>
    /// <param name="tag">The series it belongs to, e.g. <c>validation/samples</c>.</param>
    /// <param name="picture">The picture, e.g. an <see cref="ImageGrid"/>.</param>
    /// <param name="step">The step it belongs to.</param>
    /// <exception cref="DiskFullException">No space is left; what was written before stays.</exception>
    public void Image(string tag, RgbImage picture, long step)
    {
        ArgumentException.ThrowIfNullOrEmpty(tag);
        ArgumentNullException.ThrowIfNull(picture);
        ProtobufWriter image = new ProtobufWriter()
            .Integer(1, picture.Height)
            .Integer(2, picture.Width)
            .Integer(3, RgbColours)
            .Bytes(4, ImageCodec.Encode(picture, ImageFileFormat.Png));
        Append(step, new ProtobufWriter().Message(1, new ProtobufWriter().Text(1, tag).Message(4, image)));
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => _file.Dispose();

    private void Scalars(long step, IEnumerable<(string Tag, double Value)> values)
    {
        var summary = new ProtobufWriter();
        foreach ((string tag, double value) in values)
        {
            summary.Message(1, new ProtobufWriter().Text(1, tag).Float(2, (float)value));
        }
        Append(step, summary);
    }

    private void Append(long step, ProtobufWriter summary) => _file.Append(Event(step).Message(5, summary).ToArray());

    private ProtobufWriter Event(long step) =>
        new ProtobufWriter().Double(1, _time.GetUtcNow().ToUnixTimeMilliseconds() / 1000.0).Integer(2, step);

    // TensorBoard reads the files of a folder in the order of their names.
    private string FileName() =>
        $"events.out.tfevents.{_time.GetUtcNow().ToUnixTimeMilliseconds():D13}.{Environment.MachineName}.{Environment.ProcessId}";
}
