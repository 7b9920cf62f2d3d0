using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Engine.Batching;

/// <summary>
/// Requests that broke the engine, by their content. The second failure of the very same request shuts it out, for a while:
/// what broke may get mended. Costs nothing while no request has failed. Thread-safe.
/// </summary>
internal sealed class Quarantine(TimeProvider time)
{
    /// <summary>How long a failure counts.</summary>
    public static readonly TimeSpan Remembered = TimeSpan.FromHours(1);

    private const int MostFailures = 2;
    private const int MostRequests = 1_000;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, (int Failures, TimeSpan Until)> _failed = new(StringComparer.Ordinal);

    /// <summary>Notes that a request broke the engine by itself.</summary>
    public void Note(EditRequest request)
    {
        string digest = EditDigest.Of(request);
        lock (_lock)
        {
            Forget();
            if (_failed.Count >= MostRequests)
            {
                _failed.Remove(_failed.MinBy(failed => failed.Value.Until).Key);
            }
            int failures = _failed.GetValueOrDefault(digest).Failures + 1;
            _failed[digest] = (failures, time.SinceStart() + Remembered);
        }
    }

    /// <exception cref="QuarantinedException">This request has broken the engine too often.</exception>
    public void ThrowIfHeld(EditRequest request)
    {
        lock (_lock)
        {
            Forget();
            if (_failed.Count == 0)
            {
                return; // hashing pictures is work
            }
        }
        string digest = EditDigest.Of(request);
        lock (_lock)
        {
            int failures = _failed.GetValueOrDefault(digest).Failures;
            if (failures >= MostFailures)
            {
                throw new QuarantinedException(failures);
            }
        }
    }

    private void Forget()
    {
        TimeSpan now = time.SinceStart();
        foreach (
            string digest in _failed.Where(failed => failed.Value.Until <= now).Select(failed => failed.Key).ToArray()
        )
        {
            _failed.Remove(digest);
        }
    }
}
