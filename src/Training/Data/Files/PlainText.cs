namespace InstructDiffusion.Training.Data.Files;

/// <summary>Text that goes to a terminal or a log though a data set has a say in it.</summary>
internal static class PlainText
{
    /// <summary>The text without control characters, which could rewrite what stands on a terminal.</summary>
    public static string Of(string text) =>
        text.Any(char.IsControl)
            ? string.Create(
                text.Length,
                text,
                (plain, source) =>
                {
                    for (int i = 0; i < plain.Length; i++)
                    {
                        plain[i] = char.IsControl(source[i]) ? '?' : source[i];
                    }
                }
            )
            : text;
}
