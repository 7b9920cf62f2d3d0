using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Data;

namespace InstructDiffusion.Training.Scoring.Pairs;

/// <summary>The pairs of several stages one after the other: removal, addition, replacement, web. Any number of threads may read.</summary>
internal sealed class PairSets
{
    private readonly IReadOnlyList<ShardSet> _sets;
    private readonly int[] _starts; // first index of each set, and the end

    private PairSets(IReadOnlyList<ShardSet> sets)
    {
        _sets = sets;
        _starts = new int[sets.Count + 1];
        for (int i = 0; i < sets.Count; i++)
        {
            _starts[i + 1] = checked(_starts[i] + sets[i].Count);
        }
    }

    /// <summary>Pairs in all.</summary>
    public int Count => _starts[^1];

    /// <summary>Fingerprints of the sets, by names for a stage's inputs.</summary>
    public IReadOnlyDictionary<string, string> Inputs =>
        _sets
            .Select((set, i) => ($"pairs_{i + 1}", set.Manifest.Fingerprint))
            .ToDictionary(entry => entry.Item1, entry => entry.Fingerprint, StringComparer.Ordinal);

    /// <summary>What is known of a pair.</summary>
    public ShardRecord this[int index] => At(index).Set[At(index).Index];

    /// <summary>Opens folders whose shards are all there.</summary>
    /// <exception cref="DatasetException">One is not finished, or a name is there twice.</exception>
    public static PairSets Open(IReadOnlyList<string> folders)
    {
        var sets = new PairSets([.. folders.Select(ShardSet.Open)]);
        var ids = new HashSet<string>(StringComparer.Ordinal);
        foreach (ShardRecord record in sets._sets.SelectMany(set => set.Records))
        {
            if (!ids.Add(record.Id))
            {
                throw new DatasetException($"{string.Join(", ", folders)}: the sample {record.Id} is there twice");
            }
        }
        return sets;
    }

    /// <summary>A picture of a pair.</summary>
    /// <exception cref="BrokenSampleException">It is missing or damaged.</exception>
    public RgbImage ReadPicture(int index, string ending)
    {
        (ShardSet set, int at) = At(index);
        return set.ReadPicture(at, ending);
    }

    /// <summary>The files of a pair: both pictures, and the mask where there is one.</summary>
    /// <exception cref="BrokenSampleException">A picture is missing.</exception>
    public IReadOnlyList<ShardMember> Members(int index)
    {
        (ShardSet set, int at) = At(index);
        string[] endings = set.Has(at, ShardMember.Mask)
            ? [ShardMember.Source, ShardMember.Target, ShardMember.Mask]
            : [ShardMember.Source, ShardMember.Target];
        return [.. endings.Select(ending => new ShardMember(ending, set.Read(at, ending)))];
    }

    private (ShardSet Set, int Index) At(int index)
    {
        int set = Array.FindLastIndex(_starts, start => start <= index);
        while (_sets[set].Count == 0)
        {
            set--; // sets that are empty begin where the next one does
        }
        return (_sets[set], index - _starts[set]);
    }
}
