using System.Text.Json;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Tests.Reporting;

public sealed class StepLogTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private string Log => _folder.Of("steps.jsonl");

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Append_Record_IsALineOfJsonAtOnce()
    {
        using StepLog log = StepLog.Open(Log, firstStep: 0);

        log.Append(StepRecords.Of(0) with { LossScale = 8192 });

        JsonElement line = JsonDocument.Parse(Assert.Single(ReadLines())).RootElement;
        Assert.Equal(0, line.GetProperty("step").GetInt64());
        Assert.Equal(8, line.GetProperty("samples_seen").GetInt64());
        Assert.Equal(0.25, line.GetProperty("loss").GetDouble());
        Assert.Equal(0.125, line.GetProperty("loss_by_task").GetProperty("removal").GetDouble());
        Assert.Equal(512.5, line.GetProperty("resident_mib").GetDouble());
        Assert.Equal(8192, line.GetProperty("loss_scale").GetDouble());
        Assert.Equal("2026-01-02T03:04:05+00:00", line.GetProperty("time").GetString());
    }

    [Fact]
    public void Read_AppendedRecords_AreEqual()
    {
        StepRecord[] records =
        [
            StepRecords.Of(0),
            StepRecords.Of(1) with
            {
                EmaDecay = null,
                LossByTask = new Dictionary<string, double>(),
            },
        ];
        WriteAll(records);

        StepRecord[] read = [.. StepLog.Read(Log)];

        Assert.Equal(records.Select(Comparable), read.Select(Comparable));
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    public void Read_LossThatIsNoNumber_IsKept(double loss)
    {
        WriteAll(StepRecords.Of(0, loss) with { LossByTask = new Dictionary<string, double> { ["removal"] = loss } });

        StepRecord read = Assert.Single(StepLog.Read(Log));

        Assert.Equal(loss, read.Loss);
        Assert.Equal(loss, read.LossByTask["removal"]);
    }

    [Fact]
    public void Open_AtAnEarlierStep_DropsWhatCameAfterIt()
    {
        WriteAll([.. Enumerable.Range(0, 10).Select(step => StepRecords.Of(step))]);

        using (StepLog log = StepLog.Open(Log, firstStep: 6))
        {
            log.Append(StepRecords.Of(6, loss: 9));
        }

        Assert.Equal([0, 1, 2, 3, 4, 5, 6], StepLog.Read(Log).Select(record => record.Step));
        Assert.Equal(9, StepLog.Read(Log).Last().Loss);
    }

    [Theory]
    [InlineData("{\"step\":2,\"samp")]
    [InlineData("{\"step\":2,\"samp\n")]
    [InlineData("\0\0\0\0\0\0\0")]
    [InlineData("null\n")]
    public void Open_UnfinishedLastLine_IsDropped(string unfinished)
    {
        WriteAll(StepRecords.Of(0), StepRecords.Of(1));
        long whole = new FileInfo(Log).Length;
        File.AppendAllText(Log, unfinished);

        Assert.Equal(2, StepLog.Read(Log).Count());
        StepLog.Open(Log, firstStep: 2).Dispose();

        Assert.Equal(whole, new FileInfo(Log).Length);
    }

    [Fact]
    public void Open_VeryLongLine_IsNotTakenIn()
    {
        File.WriteAllText(Log, new string('[', 1 << 20));

        StepLog.Open(Log, firstStep: 2).Dispose();

        Assert.Equal(0, new FileInfo(Log).Length);
    }

    [Fact]
    public void Open_DamagedLineAmongKeptOnes_IsRefusedAndKept()
    {
        WriteAll(StepRecords.Of(0), StepRecords.Of(1), StepRecords.Of(2));
        string[] lines = ReadLines();
        lines[1] = lines[1].Replace("samples_seen", "samples", StringComparison.Ordinal);
        File.WriteAllLines(Log, lines);

        var opening = Assert.Throws<InvalidDataException>(() => StepLog.Open(Log, firstStep: 3));
        var reading = Assert.Throws<InvalidDataException>(() => StepLog.Read(Log).Count());

        Assert.Contains("steps.jsonl: line 2 ", opening.Message, StringComparison.Ordinal);
        Assert.Contains("steps.jsonl: line 2 ", reading.Message, StringComparison.Ordinal);
        Assert.Equal(lines, ReadLines());
    }

    [Fact]
    public void Append_FullDisk_IsNamed()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no device that is always full");
        File.CreateSymbolicLink(Log, "/dev/full");
        using StepLog log = StepLog.Open(Log, firstStep: 0);

        var thrown = Assert.Throws<DiskFullException>(() => log.Append(StepRecords.Of(0)));

        Assert.Equal(Log, thrown.Path);
        Assert.Contains("steps.jsonl: the disk is full", thrown.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Watch_OtherTrouble_StaysWhatItIs() =>
        Assert.Throws<FileNotFoundException>(() =>
            DiskFullException.Watch(Log, () => File.ReadAllBytes(_folder.Of("missing")))
        );

    private void WriteAll(params StepRecord[] records)
    {
        using StepLog log = StepLog.Open(Log, firstStep: 0);
        foreach (StepRecord record in records)
        {
            log.Append(record);
        }
    }

    /// <summary>As another program reads it while the log is open.</summary>
    private string[] ReadLines()
    {
        using var stream = new FileStream(Log, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Comparable(StepRecord record) => JsonSerializer.Serialize(record);
}
