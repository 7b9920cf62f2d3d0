namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>Checks the words that files give for a pair.</summary>
internal static class PairTexts
{
    /// <summary>Longest instruction, characters: far more than a text encoder reads.</summary>
    public const int LongestInstruction = 4000;

    private const int LongestTask = 40;
    private const int MostWordings = 1000;

    /// <summary>Words as a pair's text; null, with why, where there are none that can be used.</summary>
    /// <param name="wordings">Instructions.</param>
    /// <param name="task">Kind of task; null for editing.</param>
    /// <param name="problem">Why there is no text.</param>
    public static PairText? Of(IEnumerable<string?>? wordings, string? task, out string problem)
    {
        string[] texts =
        [
            .. (wordings ?? []).Take(MostWordings).Select(text => text?.Trim() ?? "").Where(text => text.Length > 0),
        ];
        bool isTask = task is null || (task.Length is > 0 and <= LongestTask && task.All(IsTaskLetter));
        problem =
            texts.Length == 0 ? "no instruction"
            : texts.Any(text => text.Length > LongestInstruction)
                ? $"an instruction of over {LongestInstruction} characters"
            : !isTask ? "a task that is no name of a-z, 0-9 and _"
            : "";
        return problem.Length == 0 ? new Wordings(task ?? TaskNames.Editing, texts) : null;
    }

    private static bool IsTaskLetter(char letter) => letter is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_';
}
