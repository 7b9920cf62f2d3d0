using InstructDiffusion.Training.Construction.Neighbours;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Construction.Replacement;

/// <summary>Regions, their vectors and their pictures. Any number of threads may share one.</summary>
/// <param name="set">What <see cref="FeatureStage"/> has kept.</param>
/// <param name="pictures">The pictures that they are of.</param>
internal sealed class RegionCollection(ShardSet set, SourcePictures pictures)
{
    /// <summary>The regions.</summary>
    public ShardSet Set => set;

    /// <summary>Their pictures.</summary>
    public SourcePictures Pictures => pictures;

    /// <summary>Their vectors.</summary>
    public FeatureTable Features { get; } = FeatureTable.Of(set);

    /// <summary>A region's part of its picture, and the region in it.</summary>
    /// <exception cref="RejectedItemException">Record, mask and picture do not fit one another.</exception>
    /// <exception cref="BrokenSampleException">The picture cannot be read.</exception>
    public WorkingPicture Patch(int index) =>
        FeatureStage.PatchOf(set[index], set.ReadPicture(index, ShardMember.Mask), pictures);

    /// <summary>Refuses vectors that were made in another way.</summary>
    /// <exception cref="DatasetException">Another model's, or of another size.</exception>
    public void RequireComparable(RegionCollection other)
    {
        ModelNote[] own = [.. set.Manifest.Models];
        ModelNote[] others = [.. other.Set.Manifest.Models];
        if (Features.Size != other.Features.Size || !own.SequenceEqual(others))
        {
            throw new DatasetException(
                $"{other.Set.Folder}: vectors of {Names(others)}, those of {set.Folder} are of {Names(own)}: make both with one model"
            );
        }
    }

    private static string Names(ModelNote[] models) =>
        string.Join(", ", models.Select(model => $"{model.Name} {model.Sha256}".TrimEnd()));
}
