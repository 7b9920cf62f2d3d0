using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Tests.Construction.Shards;

/// <summary>A stage without pictures: item 3, 13, 23 … is rejected, 4, 14 … cannot be read, 5, 15 … give two samples.</summary>
internal sealed class NumbersStage(long count, long seed = 1) : IShardStage
{
    /// <summary>Called before an item is made.</summary>
    public Action<long> Before { get; init; } = _ => { };

    public StageIdentity Identity { get; } =
        new("numbers", 1, seed, new JsonObject { ["draws"] = 2 }, new Dictionary<string, string> { ["list"] = "abc" });

    public long Count => count;

    public ShardRecord Describe(long item) =>
        new()
        {
            Id = Identity.SampleId(item),
            Kind = PairKinds.Region,
            Stages = [Identity.Note],
        };

    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        Before(item);
        cancellationToken.ThrowIfCancellationRequested();
        return (item % 10) switch
        {
            3 => throw new RejectedItemException("ends in three", item.ToString(CultureInfo.InvariantCulture)),
            4 => throw new BrokenSampleException($"{item}.png: truncated"),
            5 => [Sample(item, "-a"), Sample(item, "-b")],
            _ => [Sample(item, "")],
        };
    }

    private ShardSample Sample(long item, string suffix)
    {
        var random = new CounterRandom(seed, RandomPurpose.Construction, item);
        string text = $"{item}{suffix}: {random.NextBits()} {random.NextBits()}";
        ShardRecord record = Describe(item);
        return new ShardSample(
            record with
            {
                Id = record.Id + suffix,
            },
            new ShardMember("txt", Encoding.UTF8.GetBytes(text))
        );
    }
}
