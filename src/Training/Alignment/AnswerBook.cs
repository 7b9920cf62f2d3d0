namespace InstructDiffusion.Training.Alignment;

/// <summary>One picker's answers in memory and on disk: each is written when it is given. Thread-safe; one process at a time.</summary>
internal sealed class AnswerBook
{
    private readonly Lock _writing = new();
    private readonly string _file;
    private readonly SortedDictionary<string, Answer> _answers = new(StringComparer.Ordinal);

    private AnswerBook(Picker picker, string file) => (Picker, _file) = (picker, file);

    /// <summary>Whose.</summary>
    public Picker Picker { get; }

    /// <summary>The answers so far, sorted by item.</summary>
    public IReadOnlyList<Answer> Given
    {
        get
        {
            lock (_writing)
            {
                return [.. _answers.Values];
            }
        }
    }

    /// <summary>Opens a person's answers, empty when there are none yet.</summary>
    /// <exception cref="AlignmentException">The file is damaged or another picker's.</exception>
    public static AnswerBook Open(CandidateFolder folder, Picker picker)
    {
        string file = picker.FileIn(folder);
        var book = new AnswerBook(picker, file);
        if (File.Exists(file))
        {
            Answers stored = Read(file);
            if (stored.Picker != picker)
            {
                throw new AlignmentException(
                    $"{file}: expected the answers of {picker.Name}, got {stored.Picker.Name}"
                );
            }
            book.Fill(stored);
        }
        return book;
    }

    /// <summary>An automatic picker's answers, in place of those it gave before.</summary>
    public static AnswerBook Write(CandidateFolder folder, Picker picker, IEnumerable<Answer> given)
    {
        var book = new AnswerBook(picker, picker.FileIn(folder));
        foreach (Answer answer in given)
        {
            book._answers[answer.Item] = answer;
        }
        book.Save();
        return book;
    }

    /// <summary>The answers of everyone: people by name, then the automatic picker.</summary>
    /// <exception cref="AlignmentException">A file is damaged.</exception>
    public static IReadOnlyList<AnswerBook> All(CandidateFolder folder)
    {
        string answers = Path.Combine(folder.Path, "answers");
        if (!Directory.Exists(answers))
        {
            return [];
        }
        var books = new List<AnswerBook>();
        foreach (string file in Directory.EnumerateFiles(answers, "*.json"))
        {
            Answers stored = Read(file);
            var book = new AnswerBook(stored.Picker, file);
            book.Fill(stored);
            books.Add(book);
        }
        return [.. books.OrderBy(b => b.Picker.Kind).ThenBy(b => b.Picker.Name, StringComparer.Ordinal)];
    }

    /// <summary>Notes an answer, over an earlier one to the same item, and writes it to the disk.</summary>
    /// <exception cref="IOException">It cannot be written; the earlier answer holds.</exception>
    public void Record(Answer answer)
    {
        lock (_writing)
        {
            _answers.TryGetValue(answer.Item, out Answer? before);
            _answers[answer.Item] = answer;
            try
            {
                Save();
            }
            catch
            {
                if (before is null)
                {
                    _answers.Remove(answer.Item);
                }
                else
                {
                    _answers[answer.Item] = before;
                }
                throw;
            }
        }
    }

    private static Answers Read(string file)
    {
        var stored = AlignmentJson.Read<Answers>(file);
        if (stored.Version != Answers.CurrentVersion)
        {
            throw new AlignmentException($"{file}: version: expected {Answers.CurrentVersion}, got {stored.Version}");
        }
        if (
            stored.Picker.Kind == PickerKind.Person
            && (stored.Picker.Name is null || !Picker.IsValidName(stored.Picker.Name))
        )
        {
            throw new AlignmentException(
                $"{file}: name: expected 1 to {Picker.MaxName} characters, got '{stored.Picker.Name}'"
            );
        }
        return stored;
    }

    private void Fill(Answers stored)
    {
        foreach (Answer answer in stored.Given)
        {
            if (answer?.Item is not { } item || !ItemId.IsValid(item) || !_answers.TryAdd(item, answer))
            {
                throw new AlignmentException($"{_file}: given: '{answer?.Item}' is no item, or answered twice");
            }
        }
    }

    private void Save() =>
        AlignmentJson.Write(
            _file,
            new Answers
            {
                Version = Answers.CurrentVersion,
                Picker = Picker,
                Given = [.. _answers.Values],
            }
        );
}
