namespace InstructDiffusion.Training.Data.Templates.Rewriting;

/// <summary>Answers that were paid for: one file each, named by the hash of its question. Files appear whole or not at all.</summary>
/// <param name="folder">Made when missing; null for no cache.</param>
internal sealed class RewriteCache(string? folder)
{
    /// <summary>The answer to a question asked before; null where there is none.</summary>
    public string? Find(ChatRequest request) =>
        folder is not null && File.Exists(PathOf(request)) ? File.ReadAllText(PathOf(request)) : null;

    /// <summary>Keeps an answer.</summary>
    public void Keep(ChatRequest request, string answer)
    {
        if (folder is null)
        {
            return;
        }
        Directory.CreateDirectory(folder);
        string unfinished = Path.Combine(folder, $"{Guid.NewGuid():N}.part");
        File.WriteAllText(unfinished, answer);
        File.Move(unfinished, PathOf(request), overwrite: true);
    }

    private string PathOf(ChatRequest request) => Path.Combine(folder!, $"{request.Key}.txt");
}
