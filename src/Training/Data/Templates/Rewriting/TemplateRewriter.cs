namespace InstructDiffusion.Training.Data.Templates.Rewriting;

/// <summary>
/// Asks a chat model for more phrasings of a task until there are enough, or it has no more to say (the paper did so with GPT-4;
/// specification 4.1). What it says is checked word by word: it becomes training data.
/// </summary>
/// <param name="ask">Asks a question.</param>
/// <param name="cache">Answers of before.</param>
/// <param name="model">The model's name.</param>
internal sealed class TemplateRewriter(
    Func<ChatRequest, CancellationToken, Task<string>> ask,
    RewriteCache cache,
    string model
)
{
    private const int WantedARound = 20;
    private const int MostRounds = 50;
    private const int MostBarrenRounds = 3;

    /// <summary>Finds phrasings beyond those that there are.</summary>
    /// <param name="task">One of <see cref="TaskTemplates.Placeholders"/>.</param>
    /// <param name="templates">Those that there are. None that are held out come back.</param>
    /// <param name="wanted">How many more, at least 1.</param>
    /// <param name="cancellationToken">Ends it.</param>
    /// <exception cref="RewriteException">The endpoint failed.</exception>
    public async Task<RewriteOutcome> RunAsync(
        string task,
        InstructionTemplates templates,
        int wanted,
        CancellationToken cancellationToken
    )
    {
        var known = new HashSet<string>(
            templates.Train.Concat(templates.HeldOut).Select(Plain),
            StringComparer.Ordinal
        );
        var found = new List<string>();
        var refused = new SortedDictionary<string, int>(StringComparer.Ordinal);
        (int asked, int barren) = (0, 0);
        for (int round = 1; found.Count < wanted && round <= MostRounds && barren < MostBarrenRounds; round++)
        {
            ChatRequest request = RewritePrompt.Ask(
                model,
                task,
                templates.Train,
                Math.Min(WantedARound, wanted - found.Count),
                round
            );
            string? answer = cache.Find(request);
            if (answer is null)
            {
                answer = await ask(request, cancellationToken);
                cache.Keep(request, answer);
                asked++;
            }
            int before = found.Count;
            foreach (string phrasing in RewritePrompt.Read(answer))
            {
                string? kept = RewritePrompt.Accept(task, phrasing, out string problem);
                problem = kept is not null && !known.Add(Plain(kept)) ? "known already" : problem;
                if (problem.Length > 0)
                {
                    refused[problem] = refused.GetValueOrDefault(problem) + 1;
                }
                else if (found.Count < wanted)
                {
                    found.Add(kept!);
                }
            }
            barren = found.Count == before ? barren + 1 : 0;
        }
        return new RewriteOutcome(found, refused, asked);
    }

    /// <summary>The first question that would be asked, and whether its answer is kept from before.</summary>
    public (ChatRequest Request, bool IsCached) FirstQuestion(string task, InstructionTemplates templates, int wanted)
    {
        ChatRequest request = RewritePrompt.Ask(model, task, templates.Train, Math.Min(WantedARound, wanted), round: 1);
        return (request, cache.Find(request) is not null);
    }

    // Two phrasings that differ in case or in their last point are one.
    private static string Plain(string phrasing) => phrasing.Trim().TrimEnd('.', ',', ' ').ToLowerInvariant();
}

/// <summary>What came of it.</summary>
/// <param name="Found">New phrasings.</param>
/// <param name="Refused">How many were not taken, by reason.</param>
/// <param name="Asked">Questions that were sent.</param>
internal sealed record RewriteOutcome(IReadOnlyList<string> Found, IReadOnlyDictionary<string, int> Refused, int Asked);
