using InstructDiffusion.Cli.Progress;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Cli.Edit;

/// <summary>Edits one picture, once for each seed: read, open the model, denoise, write.</summary>
internal sealed class EditRun(EditOptions options, OpenModel openModel, Terminal terminal)
{
    private readonly List<string> _written = [];

    /// <summary>Throws what is wrong with the request before a large model is loaded for nothing.</summary>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        EditOutput output = EditOutput.Of(options.Output, options.InputPath, options.Count);
        if (!options.Force)
        {
            RequireFree(output);
        }
        DecodedImage source = await ReadAsync(cancellationToken);
        TaskPreset? preset = FindPreset();
        options.ToRequest(source.Image, Fallback, preset, options.Seed).Validate();
        if (source.Alpha is not null && output.Format == ImageFileFormat.Jpeg)
        {
            await terminal.Error.WriteLineAsync("note: JPEG cannot hold the picture's transparency; it is left out");
        }
        try
        {
            // The pipeline belongs to one thread: from opening the model to the last picture nothing awaits.
            await ProgressDisplay.RunAsync(
                terminal,
                ProgressUnit.Steps,
                board =>
                {
                    EditAll(source, output, preset, board, cancellationToken);
                    return Task.FromResult(true);
                }
            );
        }
        finally
        {
            // Only now: a line in between would tear the bars, and what is written counts even if a later picture fails.
            foreach (string path in _written)
            {
                await terminal.Out.WriteLineAsync(path);
            }
        }
    }

    /// <summary>Stands in for the model's own values until it is open.</summary>
    private static ModelDescription Fallback { get; } =
        new()
        {
            Name = "",
            IsUntrainedReference = false,
            Family = GuidanceFamily.InstructDiffusion,
        };

    private void EditAll(
        DecodedImage source,
        EditOutput output,
        TaskPreset? preset,
        IProgressBoard board,
        CancellationToken cancellationToken
    )
    {
        using LoadedModel model = openModel(options.Model, cancellationToken);
        if (model.Description.IsUntrainedReference)
        {
            board.Say($"note: {model.Description.Name} is an untrained reference model; its pictures are noise");
        }
        for (int i = 0; i < options.Count; i++)
        {
            EditRequest request = options.ToRequest(source.Image, model.Description, preset, options.Seed + i);
            request.Validate();
            EditResult result = EditOne(model.Pipeline, request, board, cancellationToken);
            string path = output.PathOf(request.Seed);
            EditOutput.Write(path, Encode(source, output, request, result, model.Description.Name), options.Force);
            _written.Add(path);
            Report(board, request, result);
        }
    }

    /// <exception cref="UsageException">The model has no such preset.</exception>
    private TaskPreset? FindPreset()
    {
        if (options.Task is not { } task)
        {
            return null;
        }
        IReadOnlyList<TaskPreset> presets = KnownModels.SidecarOf(options.Model.Path!)?.Presets ?? [];
        return presets.FirstOrDefault(preset => string.Equals(preset.Name, task, StringComparison.Ordinal))
            ?? throw new UsageException(
                presets.Count == 0
                    ? $"--task: the model has no presets; they are in its {ModelSidecar.FileName}"
                    : $"--task must be one of {string.Join(", ", presets.Select(static preset => preset.Name))}, got '{task}'"
            );
    }

    private static EditResult EditOne(
        IEditPipeline pipeline,
        EditRequest request,
        IProgressBoard board,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        using EditState state = pipeline.Prepare(request);
        IProgressTask progress = board.Begin($"seed {request.Seed}", state.StepCount, ProgressUnit.Steps);
        while (!state.IsDenoised)
        {
            cancellationToken.ThrowIfCancellationRequested();
            pipeline.Step([state]);
            progress.Report(state.StepIndex);
        }
        progress.Complete();
        return pipeline.Finish(state);
    }

    private byte[] Encode(DecodedImage source, EditOutput output, EditRequest request, EditResult result, string model)
    {
        bool isPng = output.Format == ImageFileFormat.Png;
        return ImageCodec.Encode(
            result.Image,
            output.Format,
            options.Quality,
            output.Format == ImageFileFormat.Jpeg ? null : source.Alpha,
            isPng ? PictureParameters.Of(request, result, model, Path.GetFileName(options.InputPath)) : null
        );
    }

    private static void Report(IProgressBoard board, EditRequest request, EditResult result)
    {
        if (result.DroppedTokens > 0)
        {
            board.Say(
                $"note: the instruction is too long for the model; its last {result.DroppedTokens} tokens were dropped"
            );
        }
        TimeSpan time = result.PrepareTime + result.DenoiseTime + result.FinishTime;
        board.Say($"seed {request.Seed}: worked at {result.WorkingSize}, {time.TotalSeconds:0.0} s");
    }

    private void RequireFree(EditOutput output)
    {
        for (int i = 0; i < options.Count; i++)
        {
            string path = output.PathOf(options.Seed + i);
            if (File.Exists(path))
            {
                throw new CommandException($"{path} exists; --force replaces it");
            }
        }
    }

    private async Task<DecodedImage> ReadAsync(CancellationToken cancellationToken)
    {
        ImageDecodeLimits limits = ImageDecodeLimits.Default;
        var file = new FileInfo(options.InputPath);
        if (!file.Exists)
        {
            throw new CommandException($"--input: there is no file '{options.InputPath}'");
        }
        if (file.Length > limits.MaxBytes)
        {
            throw new CommandException(
                $"--input: {options.InputPath} has {ByteCount.Text(file.Length)}, {ByteCount.Text(limits.MaxBytes)} are allowed"
            );
        }
        byte[] bytes = await File.ReadAllBytesAsync(options.InputPath, cancellationToken);
        try
        {
            return ImageCodec.Decode(bytes, limits);
        }
        catch (ImageFormatException failure)
        {
            throw new CommandException($"--input: {options.InputPath}: {failure.Message}", failure);
        }
    }
}
