namespace InstructDiffusion.Training.Construction.Web.Pictures;

/// <summary>
/// Signatures, searched for near ones: a Burkhard-Keller tree over the hashes' Hamming distance. It leaves out only what the triangle
/// inequality rules out, so that the answer is that of comparing with every one. Not thread-safe.
/// </summary>
internal sealed class SignatureTree
{
    private readonly List<Node> _nodes = [];
    private readonly Stack<int> _open = new();

    /// <summary>Signatures in it.</summary>
    public int Count { get; private set; }

    /// <summary>Adds one.</summary>
    /// <param name="signature">What is compared.</param>
    /// <param name="name">Whose it is.</param>
    public void Add(PictureSignature signature, string name)
    {
        Count++;
        var entry = new Entry(signature, name, Count);
        if (_nodes.Count == 0)
        {
            _nodes.Add(new Node(signature.Hash, entry));
            return;
        }
        int at = 0;
        while (true)
        {
            Node node = _nodes[at];
            int distance = PerceptualHash.Distance(node.Hash, signature.Hash);
            if (distance == 0)
            {
                node.Entries.Add(entry);
                return;
            }
            if (!node.Children.TryGetValue(distance, out int child))
            {
                node.Children.Add(distance, _nodes.Count);
                _nodes.Add(new Node(signature.Hash, entry));
                return;
            }
            at = child;
        }
    }

    /// <summary>The name that was added first among those whose picture is a near-duplicate; null where there is none.</summary>
    /// <param name="signature">The picture.</param>
    /// <param name="threshold">Bits in which near hashes differ at most, 0…64.</param>
    public string? FindNear(PictureSignature signature, int threshold)
    {
        Entry? first = null;
        _open.Clear();
        if (_nodes.Count > 0)
        {
            _open.Push(0);
        }
        while (_open.TryPop(out int at))
        {
            Node node = _nodes[at];
            int distance = PerceptualHash.Distance(node.Hash, signature.Hash);
            if (distance <= threshold)
            {
                Entry? near = node.Entries.Find(entry => entry.Signature.HasColoursOf(signature));
                first = near is not null && (first is null || near.Order < first.Order) ? near : first;
            }
            foreach ((int edge, int child) in node.Children)
            {
                if (Math.Abs(edge - distance) <= threshold)
                {
                    _open.Push(child);
                }
            }
        }
        return first?.Name;
    }

    private sealed class Node(ulong hash, Entry first)
    {
        public ulong Hash { get; } = hash;

        public List<Entry> Entries { get; } = [first];

        public Dictionary<int, int> Children { get; } = [];
    }

    private sealed record Entry(PictureSignature Signature, string Name, int Order);
}
