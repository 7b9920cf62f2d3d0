using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Replay;

/// <summary>How the picture made again compares with the one that was sent.</summary>
internal sealed record ReplayAnswer
{
    /// <summary>Whether every pixel is the same.</summary>
    public required bool Identical { get; init; }

    /// <summary>Largest difference of a channel of a pixel, 0…255.</summary>
    public required int MaxPixelDifference { get; init; }

    /// <summary>Pixels that differ.</summary>
    public required int DifferentPixels { get; init; }

    public required int Width { get; init; }
    public required int Height { get; init; }

    /// <summary>What has changed since the picture was made: fields of <see cref="Made"/>; empty when nothing has.</summary>
    public required IReadOnlyList<string> Differences { get; init; }

    /// <summary>Who made the picture.</summary>
    public required ReplayMaker Made { get; init; }

    /// <summary>Who made it again.</summary>
    public required ReplayMaker Now { get; init; }

    /// <summary>The record that was found in the picture.</summary>
    public required PictureRecord Record { get; init; }

    public required EditTimings Timings { get; init; }

    /// <summary>Compares.</summary>
    public static ReplayAnswer Of(ReplayOrder replay, FinishedEdit finished, ModelDescription model, string? weights)
    {
        RgbImage again = replay.Order.Picture(finished.Result);
        (int largest, int count) = Compare(replay.Picture, again);
        var made = new ReplayMaker(replay.Record.Software, replay.Record.Model, replay.Record.WeightsSha256);
        var now = new ReplayMaker(PictureStamp.Software, model.Name, weights);
        return new ReplayAnswer
        {
            Identical = count == 0,
            MaxPixelDifference = largest,
            DifferentPixels = count,
            Width = again.Width,
            Height = again.Height,
            Differences = [.. made.DifferencesFrom(now)],
            Made = made,
            Now = now,
            Record = replay.Record,
            Timings = EditTimings.Of(replay.Order.DecodeTime, finished, TimeSpan.Zero),
        };
    }

    private static (int Largest, int Count) Compare(RgbImage one, RgbImage other)
    {
        int largest = 0;
        int count = 0;
        ReadOnlySpan<byte> left = one.Pixels;
        ReadOnlySpan<byte> right = other.Pixels;
        for (int i = 0; i < left.Length; i += RgbImage.Channels)
        {
            int most = Math.Max(
                Math.Abs(left[i] - right[i]),
                Math.Max(Math.Abs(left[i + 1] - right[i + 1]), Math.Abs(left[i + 2] - right[i + 2]))
            );
            largest = Math.Max(largest, most);
            count += most > 0 ? 1 : 0;
        }
        return (largest, count);
    }
}

/// <summary>Who makes a picture.</summary>
/// <param name="Software">Name and version of the program.</param>
/// <param name="Model">The model's name.</param>
/// <param name="WeightsSha256">SHA-256 of its weights; null where it is not known.</param>
internal sealed record ReplayMaker(string Software, string Model, string? WeightsSha256)
{
    /// <summary>The names of what differs, as on the wire; an unknown digest differs from none.</summary>
    public IEnumerable<string> DifferencesFrom(ReplayMaker other)
    {
        if (!Software.Equals(other.Software, StringComparison.Ordinal))
        {
            yield return "software";
        }
        if (!Model.Equals(other.Model, StringComparison.Ordinal))
        {
            yield return "model";
        }
        bool isKnown = WeightsSha256 is not null && other.WeightsSha256 is not null;
        if (isKnown && !WeightsSha256!.Equals(other.WeightsSha256, StringComparison.OrdinalIgnoreCase))
        {
            yield return "weights_sha256";
        }
    }
}
