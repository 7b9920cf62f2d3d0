using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using Microsoft.Extensions.Caching.Memory;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Caching;

/// <summary>Finished edits, bounded in bytes and in age. Thread-safe.</summary>
internal sealed class ResultCache : IDisposable
{
    // What does not fit is not added; making room for a quarter then lets the next one in.
    private const double Room = 0.25;

    // A key's and an entry's own objects.
    private const int Overhead = 1_024;

    private readonly MemoryCache? _cache;
    private readonly CacheOptions _options;

    public ResultCache(IOptions<CacheOptions> options, TimeProvider time)
    {
        _options = options.Value;
        if (_options.ResultBytes > 0)
        {
            _cache = new MemoryCache(
                new MemoryCacheOptions
                {
                    SizeLimit = _options.ResultBytes,
                    CompactionPercentage = Room,
                    TrackStatistics = true,
                    Clock = new CacheClock(time),
                }
            );
        }
    }

    /// <summary>Bytes held.</summary>
    public long Bytes => _cache?.GetCurrentStatistics()?.CurrentEstimatedSize ?? 0;

    /// <summary>The result of this edit; null when it is not remembered.</summary>
    public EditResult? Find(EditKey key) => _cache?.Get<EditResult>(key);

    /// <summary>Remembers a result, unless it is larger than a quarter of the cache.</summary>
    /// <param name="key">The edit.</param>
    /// <param name="result">What came out.</param>
    /// <param name="reuse">How long it may be of use.</param>
    public void Keep(EditKey key, EditResult result, EditReuse reuse)
    {
        long size = Overhead + SizeOf(result.Image) + SizeOf(result.RoundTrip) + SizeOf(key.Parameters);
        if (_cache is null || size > Room * _options.ResultBytes)
        {
            return;
        }
        var longest = TimeSpan.FromMinutes(_options.ResultMinutes);
        _cache.Set(
            key,
            result,
            new MemoryCacheEntryOptions
            {
                Size = size,
                AbsoluteExpirationRelativeToNow =
                    reuse == EditReuse.Brief && SdkRetries.Window < longest ? SdkRetries.Window : longest,
            }
        );
    }

    public void Dispose() => _cache?.Dispose();

    private static long SizeOf(RgbImage? image) => image?.Memory.Length ?? 0;

    private static long SizeOf(EditRequest parameters) =>
        sizeof(char) * ((long)parameters.Instruction.Length + parameters.NegativeInstruction.Length);
}
