using System.Text.Json.Nodes;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Construction.Shards;

namespace InstructDiffusion.Training.Tests.Scoring;

/// <summary>
/// Pairs of small pictures. Every seventh has no captions, number 5 a target that is no picture, number 9 no instruction; those with
/// an even number have a mask. Number 2 has an instruction of <paramref name="longest"/> characters.
/// </summary>
internal sealed class PairStage(int count, string name = "pairs", int longest = 0) : IShardStage
{
    public const string Instruction = "remove the <b>sun</b> & \"moon\"";

    public StageIdentity Identity { get; } =
        new(name, 1, 0, new JsonObject { ["count"] = count }, new Dictionary<string, string>());

    public long Count => count;

    public ShardRecord Describe(long item) =>
        new()
        {
            Id = Identity.SampleId(item),
            Kind = item % 2 == 0 ? PairKinds.Removal : PairKinds.Addition,
            Instructions = item switch
            {
                2 => [Instruction.PadRight(longest, '!')],
                9 => [],
                _ => [Instruction],
            },
            Origin = new PictureOrigin($"album/{item / 3}") { Licence = "CC0" },
            SourceCaption = item % 7 == 6 ? null : "a hill with a sun",
            TargetCaption = item % 7 == 6 ? null : $"a hill, number {item}",
            Stages = [Identity.Note],
        };

    public IReadOnlyList<ShardSample> Make(long item, CancellationToken cancellationToken)
    {
        RgbImage source = TestImages.Photo(40, 30, seed: (int)item);
        RgbImage target = item % 2 == 0 ? TestImages.Gradient(40, 30) : TestImages.Photo(40, 30, seed: (int)item + 50);
        byte[] after = item == 5 ? "no picture"u8.ToArray() : Png(target);
        var members = new List<ShardMember> { new(ShardMember.Source, Png(source)), new(ShardMember.Target, after) };
        if (item % 2 == 0)
        {
            members.Add(
                new ShardMember(ShardMember.Mask, ImageCodec.EncodeGray(new byte[40 * 30], new ImageSize(40, 30)))
            );
        }
        return [new ShardSample(Describe(item), members)];
    }

    private static byte[] Png(RgbImage picture) => ImageCodec.Encode(picture, ImageFileFormat.Png);
}
