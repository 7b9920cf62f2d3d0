using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data;

/// <summary>Fingerprints of data sets: a hash over everything that decides the pixels of their pairs.</summary>
internal static class DatasetIdentity
{
    /// <summary>The fingerprint.</summary>
    /// <param name="version">Of the loader: another one when the same files would give other pixels.</param>
    /// <param name="opening">Resolution, part, defects.</param>
    /// <param name="augments">Whether pairs are augmented.</param>
    /// <param name="contents">Hashes, names or numbers that stand for the files.</param>
    public static string Of(int version, DatasetOpening opening, bool augments, params IEnumerable<string> contents)
    {
        DataSourceRecipe source = opening.Source;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        IEnumerable<string> parts =
        [
            version.ToString(CultureInfo.InvariantCulture),
            DataSourceKinds.NameOf(source.Kind),
            source.Split ?? "",
            opening.Resolution.ToString(CultureInfo.InvariantCulture),
            $"{augments} {source.Flip} {source.Framing}",
            string.Join(' ', ReleasedDefects.Of(source.Kind).Where(source.Reproduces)),
            .. contents,
        ];
        foreach (string part in parts)
        {
            byte[] bytes = Encoding.UTF8.GetBytes(part);
            hash.AppendData(BitConverter.GetBytes(bytes.Length));
            hash.AppendData(bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Stands for the files of a list: names and lengths, not contents, of which there may be terabytes.</summary>
    public static IEnumerable<string> OfFiles(Files.DatasetRoot root, IEnumerable<string> names) =>
        names.Select(name => $"{name} {LengthOf(root, name)}");

    private static long LengthOf(Files.DatasetRoot root, string name)
    {
        try
        {
            var file = new FileInfo(root.PathOf(name));
            return file.Exists ? file.Length : -1;
        }
        catch (BrokenSampleException)
        {
            return -1; // told when it is read
        }
    }
}
