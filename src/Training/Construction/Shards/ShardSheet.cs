using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Checking;

namespace InstructDiffusion.Training.Construction.Shards;

/// <summary>A contact sheet of pairs with their masks, evenly spread over a folder's: before, mask, after, instruction.</summary>
internal static class ShardSheet
{
    /// <summary>Draws it as a PNG file.</summary>
    /// <param name="set">The pairs.</param>
    /// <param name="kind">One of <see cref="PairKinds"/>; null for all that are pairs.</param>
    /// <param name="count">Pairs on it.</param>
    /// <param name="side">Of its pictures, pixels.</param>
    /// <exception cref="DatasetException">There is no such pair.</exception>
    public static byte[] Draw(ShardSet set, string? kind, int count, int side)
    {
        int[] pairs =
        [
            .. Enumerable
                .Range(0, set.Count)
                .Where(i => set[i].Instructions.Count > 0)
                .Where(i => kind is null || string.Equals(set[i].Kind, kind, StringComparison.Ordinal)),
        ];
        if (pairs.Length == 0)
        {
            throw new DatasetException($"{set.Folder}: no pair of kind {kind ?? "any"}");
        }
        int shown = Math.Min(count, pairs.Length);
        var sheet = new PairSheet(side, pictures: 3);
        var size = new ImageSize(side, side);
        for (int i = 0; i < shown; i++)
        {
            int index = pairs[(long)i * pairs.Length / shown];
            try
            {
                RgbImage[] squares =
                [
                    .. new[] { ShardMember.Source, ShardMember.Mask, ShardMember.Target }.Select(ending =>
                        ImageResizer.Resize(set.ReadPicture(index, ending), size, ResizeFilter.Bilinear)
                    ),
                ];
                sheet.Add(squares, $"{set[index].Kind} - {set[index].Instructions[i % set[index].Instructions.Count]}");
            }
            catch (BrokenSampleException broken)
            {
                sheet.AddBroken(broken.Message);
            }
        }
        return sheet.Draw();
    }
}
