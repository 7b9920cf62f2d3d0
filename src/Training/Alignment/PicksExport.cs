namespace InstructDiffusion.Training.Alignment;

/// <summary>From everyone's answers to what is trained on. What a person said to an item outweighs the automatic picker.</summary>
/// <param name="folder">Candidates and answers.</param>
internal sealed class PicksExport(CandidateFolder folder)
{
    /// <summary>The export's name in the folder.</summary>
    public const string FileName = "picks.json";

    /// <summary>Gathers the answers.</summary>
    /// <param name="least">A picture is taken when at least so many pickers chose it.</param>
    /// <exception cref="AlignmentException">An answer is to no item here, or names no candidate of it.</exception>
    public Picks Gather(int least)
    {
        CandidatePlan plan = folder.ReadPlan();
        IReadOnlyList<AnswerBook> books = AnswerBook.All(folder);
        var known = plan.Items.ToHashSet(StringComparer.Ordinal);
        Answer? stray = books.SelectMany(book => book.Given).FirstOrDefault(answer => !known.Contains(answer.Item));
        if (stray is not null)
        {
            throw new AlignmentException($"{folder.Path}: answers: there is no item '{stray.Item}'");
        }
        ILookup<string, (int Picker, Answer Answer)> byItem = Weigh(books)
            .ToLookup(entry => entry.Answer.Item, StringComparer.Ordinal);
        var items = new List<PickedItem>();
        foreach (string id in plan.Items.Where(id => byItem[id].Any(entry => entry.Answer.Chosen.Count > 0)))
        {
            PickedItem item = Describe(id, [.. byItem[id]], least);
            if (item.Chosen.Count > 0)
            {
                items.Add(item);
            }
        }
        return new Picks
        {
            Version = Picks.CurrentVersion,
            Model = plan.Model,
            Pickers =
            [
                .. books.Select(
                    (book, i) => Summarize(book.Picker, [.. byItem.SelectMany(g => g).Where(e => e.Picker == i)])
                ),
            ],
            Items = items,
        };
    }

    /// <summary>Gathers the answers and writes them beside the candidates.</summary>
    /// <returns>The file.</returns>
    public string Write(Picks picks)
    {
        string file = Path.Combine(folder.Path, FileName);
        AlignmentJson.Write(file, picks);
        return file;
    }

    /// <summary>Every answer that counts, with its picker's place.</summary>
    private static IEnumerable<(int Picker, Answer Answer)> Weigh(IReadOnlyList<AnswerBook> books)
    {
        var seenByPeople = books
            .Where(book => book.Picker.Kind == PickerKind.Person)
            .SelectMany(book => book.Given)
            .Select(answer => answer.Item)
            .ToHashSet(StringComparer.Ordinal);
        return books.SelectMany(
            (book, i) =>
                book
                    .Given.Where(answer => book.Picker.Kind == PickerKind.Person || !seenByPeople.Contains(answer.Item))
                    .Select(answer => (i, answer))
        );
    }

    private static PickerSummary Summarize(Picker picker, IReadOnlyList<(int Picker, Answer Answer)> answers) =>
        new()
        {
            Kind = picker.Kind,
            Name = picker.Name,
            Metric = picker.Metric,
            Margin = picker.Margin,
            Answered = answers.Count,
            NoneGood = answers.Count(entry => entry.Answer.Chosen.Count == 0),
        };

    private PickedItem Describe(string id, IReadOnlyList<(int Picker, Answer Answer)> answers, int least)
    {
        CandidateItem item = folder.ReadItem(id);
        var files = item.Candidates.Select(candidate => candidate.File).ToHashSet(StringComparer.Ordinal);
        foreach (string file in answers.SelectMany(entry => entry.Answer.Chosen))
        {
            if (!files.Contains(file))
            {
                throw new AlignmentException($"{folder.Path}: answers: item {id} has no candidate '{file}'");
            }
        }
        var chosen = new List<PickedPicture>();
        foreach (Candidate candidate in item.Candidates)
        {
            var by = answers
                .Where(entry => entry.Answer.Chosen.Contains(candidate.File, StringComparer.Ordinal))
                .ToList();
            if (by.Count > 0 && by.Count >= least)
            {
                chosen.Add(Describe(id, candidate, by));
            }
        }
        return new PickedItem
        {
            Id = id,
            Source = Relative(id, CandidateFolder.SourceFile),
            SourceSha256 = HashOf(id, CandidateFolder.SourceFile),
            Instruction = item.Instruction,
            Task = item.Task,
            Chosen = chosen,
            ScoreOfDoingNothing = answers
                .Select(entry => entry.Answer.ScoreOfDoingNothing)
                .FirstOrDefault(s => s is not null),
        };
    }

    private PickedPicture Describe(string id, Candidate candidate, List<(int Picker, Answer Answer)> by)
    {
        double? score =
            by[0].Answer.Scores is { } scores && scores.TryGetValue(candidate.File, out double value) ? value : null;
        return new PickedPicture
        {
            File = Relative(id, candidate.File),
            Sha256 = HashOf(id, candidate.File),
            TextScale = candidate.TextScale,
            ImageScale = candidate.ImageScale,
            Seed = candidate.Seed,
            By = [.. by.Select(entry => entry.Picker)],
            Score = score,
        };
    }

    private string Relative(string id, string file) =>
        Path.GetRelativePath(folder.Path, folder.FileOf(id, file)).Replace('\\', '/');

    private string HashOf(string id, string file) =>
        PictureFile.HashOf(AlignmentJson.ReadBytes(folder.FileOf(id, file), AlignmentJson.MaxFileBytes));
}
