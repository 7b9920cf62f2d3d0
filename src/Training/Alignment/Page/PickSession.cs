using System.Collections.Concurrent;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Alignment.Page;

/// <summary>One folder of candidates as the page sees it: what there is to answer, and who answered what. Thread-safe.</summary>
/// <param name="folder">Candidates and answers.</param>
/// <param name="limit">Most pictures chosen of an item.</param>
internal sealed class PickSession(CandidateFolder folder, int limit)
{
    private readonly ConcurrentDictionary<string, CandidateItem> _items = new(StringComparer.Ordinal);
    private readonly Dictionary<string, AnswerBook> _books = new(StringComparer.Ordinal);
    private readonly Lock _opening = new();

    /// <summary>Candidates and answers.</summary>
    public CandidateFolder Folder { get; } = folder;

    /// <summary>Most pictures chosen of an item.</summary>
    public int Limit { get; } = limit;

    /// <summary>The items that can be answered now, in their order; more may come while candidates are being made.</summary>
    /// <exception cref="AlignmentException">The folder is damaged.</exception>
    public IReadOnlyList<string> Items => [.. Folder.ReadPlan().Items.Where(Folder.IsFinished)];

    /// <summary>A finished item; null when there is none of that name.</summary>
    /// <exception cref="AlignmentException">It is damaged.</exception>
    public CandidateItem? Find(string id) =>
        ItemId.IsValid(id) && Folder.IsFinished(id) ? _items.GetOrAdd(id, Folder.ReadItem) : null;

    /// <summary>
    /// The candidates in the order in which they are shown: shuffled, since people prefer what comes first and the grid is
    /// sorted by its scales; the same at every visit.
    /// </summary>
    public static IReadOnlyList<string> Shuffled(CandidateItem item)
    {
        string[] files = [.. item.Candidates.Select(candidate => candidate.File)];
        var random = new CounterRandom(0, RandomPurpose.Order, ItemId.KeyOf(item.Id));
        for (int i = files.Length - 1; i > 0; i--)
        {
            int other = random.Next(i + 1);
            (files[i], files[other]) = (files[other], files[i]);
        }
        return files;
    }

    /// <summary>The answers of a person.</summary>
    /// <exception cref="AlignmentException">Their file is damaged.</exception>
    public AnswerBook BookOf(string person)
    {
        lock (_opening)
        {
            if (!_books.TryGetValue(person, out AnswerBook? book))
            {
                book = AnswerBook.Open(Folder, Picker.Person(person));
                _books.Add(person, book);
            }
            return book;
        }
    }
}
