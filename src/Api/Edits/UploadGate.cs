using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// Bounds what uploads take from the machine: the bytes they hold in memory, counted as they arrive, so that a client that sends
/// slowly keeps nobody out; and how many are decoded at once, the only part that takes a processor.
/// </summary>
internal sealed class UploadGate(IOptions<LimitsOptions> limits) : IDisposable
{
    private static readonly TimeSpan WhenMemoryIsFull = TimeSpan.FromSeconds(2);

    private readonly SemaphoreSlim _places = new(limits.Value.MaxUploads);
    private long _bytes;

    /// <summary>Places free now.</summary>
    public int Free => _places.CurrentCount;

    /// <summary>Bytes held now.</summary>
    public long Bytes => Interlocked.Read(ref _bytes);

    /// <summary>Begins to count one upload; disposing the result ends it.</summary>
    public Upload Begin() => new(this);

    /// <summary>Waits for a place to decode at; disposing the result leaves it.</summary>
    /// <exception cref="ApiException">None became free in time.</exception>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        var longest = TimeSpan.FromSeconds(limits.Value.UploadSeconds);
        if (!await _places.WaitAsync(longest, cancellationToken))
        {
            throw new ApiException(
                ProblemKind.TooManyUploads,
                $"{limits.Value.MaxUploads} other uploads took all places for {longest.TotalSeconds:F0} s."
            )
            {
                RetryAfter = longest,
            };
        }
        return new Place(_places);
    }

    public void Dispose() => _places.Dispose();

    /// <summary>One upload's bytes.</summary>
    internal sealed class Upload(UploadGate gate) : IDisposable
    {
        private long _bytes;

        /// <summary>More of it has arrived.</summary>
        /// <exception cref="ApiException">All uploads together hold more than they may.</exception>
        public void Add(int bytes)
        {
            _bytes += bytes;
            if (Interlocked.Add(ref gate._bytes, bytes) > gate.MaxBytes)
            {
                throw new ApiException(
                    ProblemKind.TooManyUploads,
                    $"Uploads hold more than {gate.MaxBytes} bytes of memory in all."
                )
                {
                    RetryAfter = WhenMemoryIsFull,
                };
            }
        }

        public void Dispose() => Interlocked.Add(ref gate._bytes, -Interlocked.Exchange(ref _bytes, 0));
    }

    private long MaxBytes => limits.Value.MaxUploadBytes;

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
