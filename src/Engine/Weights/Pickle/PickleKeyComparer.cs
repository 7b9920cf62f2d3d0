using System.Runtime.CompilerServices;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>
/// Python's equality of dictionary keys, with seeded hashes so that a file cannot make keys collide on purpose. Tuples within
/// tuples and inert objects compare by identity, so that no comparison recurses.
/// </summary>
internal sealed class PickleKeyComparer : IEqualityComparer<object?>
{
    public static readonly PickleKeyComparer Instance = new();

    public new bool Equals(object? x, object? y)
    {
        if (x is PickleTuple a && y is PickleTuple b && !ReferenceEquals(a, b))
        {
            return a.Count == b.Count && a.Zip(b, EqualAtoms).All(equal => equal);
        }
        return EqualAtoms(x, y);
    }

    public int GetHashCode(object? obj)
    {
        var hash = new HashCode();
        if (obj is PickleTuple tuple)
        {
            foreach (var item in tuple)
            {
                AddAtom(ref hash, item);
            }
        }
        else
        {
            AddAtom(ref hash, obj);
        }
        return hash.ToHashCode();
    }

    /// <summary>About how many bytes a hash or comparison of this key touches.</summary>
    public static long Cost(object? key) =>
        key switch
        {
            string text => text.Length,
            byte[] bytes => bytes.Length,
            PickleTuple tuple => tuple.Sum(item => item is PickleTuple ? 8 : Cost(item)),
            _ => 8,
        };

    private static bool EqualAtoms(object? x, object? y)
    {
        if (ReferenceEquals(x, y))
        {
            return true;
        }
        return (Number(x), Number(y)) switch
        {
            (byte[] a, byte[] b) => a.AsSpan().SequenceEqual(b),
            (PickleTuple, _) or (PickleObject, _) or (null, _) => false,
            (var a, var b) => a!.Equals(b),
        };
    }

    private static void AddAtom(ref HashCode hash, object? item)
    {
        switch (Number(item))
        {
            case byte[] bytes:
                hash.AddBytes(bytes);
                break;
            case PickleTuple or PickleObject:
                hash.Add(RuntimeHelpers.GetHashCode(item));
                break;
            case var atom:
                hash.Add(atom);
                break;
        }
    }

    // Numbers of equal value become equal objects.
    private static object? Number(object? value) =>
        value switch
        {
            bool flag => flag ? 1L : 0L,
            double number when Math.Abs(number) < 1L << 53 && number == Math.Floor(number) => (long)number,
            _ => value,
        };
}
