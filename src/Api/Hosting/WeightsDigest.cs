using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Weights;

namespace InstructDiffusion.Api.Hosting;

/// <summary>
/// The SHA-256 of the served weights. It is computed once, in the background, when it is first asked for: of gigabytes that takes
/// seconds, which nobody waits for.
/// </summary>
internal sealed class WeightsDigest(IHostApplicationLifetime life, ILogger<WeightsDigest> logger)
{
    private readonly Lock _lock = new();
    private Task<string?>? _digest;

    /// <summary>64 hexadecimal digits; null while they are not known, and for a model without files.</summary>
    public string? Of(ModelDescription model)
    {
        Task<string?> digest;
        lock (_lock)
        {
            digest = _digest ??= Task.Run(() => Compute(model.WeightFiles));
        }
        return digest.IsCompleted ? digest.Result : null;
    }

    private string? Compute(IReadOnlyList<WeightFile> files)
    {
        try
        {
            return files.Count == 0 ? null : WeightsHash.Compute(files, life.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            return null;
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            logger.WeightsUnreadable(error);
            return null;
        }
    }
}
