using InstructDiffusion.Cli.Progress;
using InstructDiffusion.Engine.Loading;

namespace InstructDiffusion.Cli.Checkpoints;

/// <summary>One run of <c>convert</c>: converts, shows how far it is, and tells what became of every tensor.</summary>
internal sealed record Conversion
{
    public required string Input { get; init; }

    public required string Output { get; init; }

    /// <summary>Where to write the key report; null = nowhere.</summary>
    public string? ReportPath { get; init; }

    public required ConversionOptions Options { get; init; }

    public async Task RunAsync(Terminal terminal, CancellationToken cancellationToken)
    {
        foreach (string path in new[] { Output, ReportPath }.OfType<string>())
        {
            if (Path.Exists(path) && !Options.Overwrite)
            {
                throw new CommandException($"{path} exists; --force replaces it");
            }
        }
        ConversionReport report = await ProgressDisplay.RunAsync(
            terminal,
            ProgressUnit.Bytes,
            board => Task.FromResult(Convert(board, cancellationToken))
        );
        foreach (string line in KeyReportText.Lines(report.Keys).Concat(report.Notes.Select(note => $"note: {note}")))
        {
            await terminal.Error.WriteLineAsync(line);
        }
        if (ReportPath is not null)
        {
            await File.WriteAllTextAsync(ReportPath, CheckpointJson.Of(report.Keys), CancellationToken.None);
        }
        await terminal.Out.WriteLineAsync(Output);
    }

    private ConversionReport Convert(IProgressBoard board, CancellationToken cancellationToken)
    {
        var progress = new TaskProgress(board, Path.GetFileName(Path.TrimEndingDirectorySeparator(Output)));
        ConversionReport report = CheckpointConverter.Convert(
            Input,
            Output,
            Options with
            {
                Progress = progress,
            },
            cancellationToken
        );
        progress.Complete();
        return report;
    }

    /// <summary>Begins when the first tensor is written, because only then the whole is known.</summary>
    private sealed class TaskProgress(IProgressBoard board, string name) : IProgress<ConversionProgress>
    {
        private IProgressTask? _task;

        public void Report(ConversionProgress value)
        {
            _task ??= board.Begin(name, value.BytesTotal, ProgressUnit.Bytes);
            _task.Report(value.BytesDone);
        }

        public void Complete() => _task?.Complete();
    }
}
