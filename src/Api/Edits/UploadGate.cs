using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Errors;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// Lets a bounded number of requests have their bodies in memory and decoded at once. The others wait with their bodies
/// unread, which holds them back at the sender.
/// </summary>
internal sealed class UploadGate(IOptions<LimitsOptions> limits) : IDisposable
{
    private readonly SemaphoreSlim _places = new(limits.Value.MaxUploads);

    /// <summary>Places free now.</summary>
    public int Free => _places.CurrentCount;

    /// <summary>Waits for a place; disposing the result leaves it.</summary>
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

    private sealed class Place(SemaphoreSlim places) : IDisposable
    {
        public void Dispose() => places.Release();
    }
}
