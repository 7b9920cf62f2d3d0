using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pairs;
using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.General;

/// <summary>
/// WebDataset shards: tar files in which the members of a sample follow one another and share their name up to the first dot, e.g.
/// <c>000123.src.jpg</c>, <c>000123.tgt.jpg</c>, <c>000123.txt</c> (a wording a line) or <c>000123.json</c>
/// (<see cref="TripleRecord"/>). They are read in place; names of members tell them apart and are never paths.
/// </summary>
internal sealed class TarShards : IPairSource
{
    private const int LongestText = 1 << 16;

    // Of 48 bytes each: what an index of a plausible set takes, not what a shard of empty members would.
    private const int MostPairs = 20_000_000;

    private readonly IReadOnlyList<string> _shards;
    private readonly SamplePictures _pictures;
    private readonly List<TarSample> _samples = [];

    private TarShards(IReadOnlyList<string> shards, SamplePictures pictures) =>
        (_shards, _pictures) = (shards, pictures);

    /// <inheritdoc/>
    public long Count => _samples.Count;

    /// <summary>Opens the shards of a folder, or one.</summary>
    /// <exception cref="DatasetException">There is none, or no pair that can be used.</exception>
    public static IEditDataset Open(DatasetOpening opening)
    {
        string path = Path.GetFullPath(opening.Source.Path);
        string[] shards =
            File.Exists(path) ? [path]
            : Directory.Exists(path) ? [.. Directory.EnumerateFiles(path, "*.tar").Order(StringComparer.Ordinal)]
            : throw new DatasetException($"{path}: not found");
        if (shards.Length == 0)
        {
            throw new DatasetException(
                $"{path}: no .tar file in it (packed ones cannot be read in place: unpack .tar.gz)"
            );
        }
        var source = new TarShards(shards, opening.UprightPictures);
        for (int i = 0; i < shards.Length; i++)
        {
            opening.CancellationToken.ThrowIfCancellationRequested();
            source.Index(i, opening);
        }
        IEnumerable<string> contents = shards.Select(shard =>
            $"{Path.GetFileName(shard)} {new FileInfo(shard).Length}"
        );
        return new PairDataset(source, opening, new PairManner(PairFraming.Squash, 0.5), "train", contents);
    }

    /// <inheritdoc/>
    public string NameOf(long index) => $"{_shards[_samples[(int)index].Shard]}, pair {index}";

    /// <inheritdoc/>
    public PairText TextOf(long index)
    {
        TarSample sample = _samples[(int)index];
        byte[] bytes = MemberBytes(sample, sample.Text);
        string origin = NameOf(index);
        var log = new RejectionLog();
        TripleRecord? triple = sample.IsJson
            ? DatasetJson.TryRead<TripleRecord>(bytes, "json", 0, log)
            : new TripleRecord { Instructions = System.Text.Encoding.UTF8.GetString(bytes).Split('\n') };
        string problem = "no JSON object";
        return triple is not null && PairTexts.Of(triple.Wordings, triple.Task, out problem) is { } text
            ? text
            : throw new BrokenSampleException($"{origin}: {problem}");
    }

    /// <inheritdoc/>
    public (RgbImage Source, RgbImage Target) PicturesOf(long index)
    {
        TarSample sample = _samples[(int)index];
        return (
            _pictures.Decode(MemberBytes(sample, sample.Source), $"{NameOf(index)}, source"),
            _pictures.Decode(MemberBytes(sample, sample.Target), $"{NameOf(index)}, target")
        );
    }

    private byte[] MemberBytes(TarSample sample, FileSpan member) => member.Read(_shards[sample.Shard]);

    private void Index(int shard, DatasetOpening opening)
    {
        RejectionLog log = opening.Rejections;
        var open = new TarGroup(shard, _samples, log);
        TarMembers.Read(
            _shards[shard],
            log,
            (name, member) =>
            {
                opening.CancellationToken.ThrowIfCancellationRequested();
                open.Add(name, member);
                if (_samples.Count > MostPairs)
                {
                    throw new DatasetException($"{_shards[shard]}: more than {MostPairs:N0} pairs");
                }
            }
        );
        open.Finish();
    }

    /// <summary>The members of the sample that is being read; it is complete when one of another name begins.</summary>
    private sealed class TarGroup(int shard, List<TarSample> samples, RejectionLog log)
    {
        private string? _key;
        private FileSpan _source;
        private FileSpan _target;
        private FileSpan _text;
        private bool _isJson;

        public void Add(string name, FileSpan member)
        {
            string file = name[(name.LastIndexOf('/') + 1)..];
            int dot = file.IndexOf('.', StringComparison.Ordinal);
            string key = dot < 0 ? name : name[..(name.Length - file.Length + dot)];
            if (!string.Equals(key, _key, StringComparison.Ordinal))
            {
                Finish();
                _key = key;
            }
            string[] endings = dot < 0 ? [] : file[(dot + 1)..].ToLowerInvariant().Split('.');
            switch (endings)
            {
                case ["src" or "source" or "input", "png" or "jpg" or "jpeg" or "webp"]:
                    _source = member;
                    break;
                case ["tgt" or "target" or "edited", "png" or "jpg" or "jpeg" or "webp"]:
                    _target = member;
                    break;
                case ["json"]:
                    (_text, _isJson) = (member, true);
                    break;
                case ["txt"] when !_isJson:
                    _text = member;
                    break;
            }
        }

        public void Finish()
        {
            if (_key is not null && Problem() is { } problem)
            {
                log.Reject(problem, _key);
            }
            else if (_key is not null)
            {
                samples.Add(new TarSample(shard, _source, _target, _text, _isJson));
            }
            (_key, _source, _target, _text, _isJson) = (null, default, default, default, false);
        }

        private string? Problem() =>
            _source.Length == 0 || _target.Length == 0 ? "a tar sample without src or tgt picture"
            : _text.Length == 0 ? "a tar sample without txt or json"
            : _text.Length > LongestText ? $"a text of over {LongestText:N0} bytes"
            : Math.Max(_source.Length, _target.Length) > SamplePictures.Limits.MaxBytes
                ? $"a picture of over {SamplePictures.Limits.MaxBytes:N0} bytes"
            : null;
    }

    private readonly record struct TarSample(int Shard, FileSpan Source, FileSpan Target, FileSpan Text, bool IsJson);
}
