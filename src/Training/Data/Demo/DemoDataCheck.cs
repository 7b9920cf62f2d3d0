using System.Security.Cryptography;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Compares a folder of demo data with its manifest and reads every picture and phrasing once.</summary>
public static class DemoDataCheck
{
    /// <summary>What is wrong, one line each; nothing when all is well.</summary>
    /// <exception cref="InvalidDataException">The manifest or a list cannot be read at all.</exception>
    public static IReadOnlyList<string> FaultsOf(string folder)
    {
        DemoFolder data = DemoFolder.Open(folder);
        var faults = new List<string>();
        foreach ((string path, string sum) in data.Manifest.Files)
        {
            string file = Path.Combine(folder, path);
            if (!File.Exists(file))
            {
                faults.Add($"{path}: missing");
                continue;
            }
            using FileStream stream = File.OpenRead(file);
            string actual = Convert.ToHexStringLower(SHA256.HashData(stream));
            if (!string.Equals(actual, sum, StringComparison.Ordinal))
            {
                faults.Add($"{path}: SHA-256 {actual}, the manifest says {sum}");
            }
        }
        AddCount(faults, "nouns", data.Nouns.Count, data.Manifest.Nouns);
        AddCount(faults, "glyphs", data.Nouns.Sum(noun => noun.Glyphs.Count), data.Manifest.Glyphs);
        AddCount(faults, "photographs", data.Photographs.Count, data.Manifest.Photographs);
        if (
            !string.Equals(
                DemoManifest.FingerprintOf(data.Manifest.Files),
                data.Manifest.Fingerprint,
                StringComparison.Ordinal
            )
        )
        {
            faults.Add("manifest.json: the fingerprint is not that of its files");
        }
        foreach (DemoGlyph glyph in data.Nouns.SelectMany(noun => noun.Glyphs))
        {
            AddBroken(faults, () => data.Pixels(glyph));
        }
        foreach (DemoPhotograph photograph in data.Photographs)
        {
            AddBroken(faults, () => data.Pixels(photograph));
        }
        if (faults.Count == 0)
        {
            // Phrasings are not in the manifest: they may be edited. This reads and fills them.
            foreach (DemoSplit split in Enum.GetValues<DemoSplit>())
            {
                var set = new DemoDataset(data, split, 32, seed: 1, count: 64);
                for (long i = 0; i < set.Count; i++)
                {
                    var random = new CounterRandom(1, RandomPurpose.Phrasing, i);
                    set.Describe(i, random, random);
                }
            }
        }
        return faults;
    }

    private static void AddCount(List<string> faults, string what, int actual, int expected)
    {
        if (actual != expected)
        {
            faults.Add($"{what}: {actual} in the list, {expected} in the manifest");
        }
    }

    private static void AddBroken(List<string> faults, Action read)
    {
        try
        {
            read();
        }
        catch (BrokenSampleException broken)
        {
            faults.Add(broken.Message);
        }
    }
}
