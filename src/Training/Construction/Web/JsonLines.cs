using System.Text.Json;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Reporting;

namespace InstructDiffusion.Training.Construction.Web;

/// <summary>Files of one JSON object a line.</summary>
internal static class JsonLines
{
    /// <summary>Writes a file: it has its name when it is whole.</summary>
    public static void Write<T>(string path, IEnumerable<T> values, JsonSerializerOptions options)
    {
        string aside = path + ".part";
        DiskFullException.Watch(
            path,
            () =>
            {
                using FileStream stream = File.Create(aside);
                foreach (T value in values)
                {
                    stream.Write(JsonSerializer.SerializeToUtf8Bytes(value, options));
                    stream.WriteByte((byte)'\n');
                }
            }
        );
        File.Move(aside, path, overwrite: true);
    }

    /// <summary>Reads a file of ours, line by line.</summary>
    /// <param name="path">The file.</param>
    /// <param name="longest">Longest line, characters.</param>
    /// <param name="options">How.</param>
    /// <exception cref="DatasetException">It is missing, or a line is too long or of another shape.</exception>
    public static IEnumerable<T> Read<T>(string path, int longest, JsonSerializerOptions options)
    {
        if (!File.Exists(path))
        {
            throw new DatasetException($"{path}: not found");
        }
        using var lines = new BoundedLines(path, longest);
        for (int number = 1; lines.Next() is { } line; number++)
        {
            yield return Parse(line, number);
        }

        T Parse(string line, int number)
        {
            try
            {
                return JsonSerializer.Deserialize<T>(line, options)
                    ?? throw new DatasetException($"{path}, line {number}: holds null");
            }
            catch (JsonException error)
            {
                throw new DatasetException($"{path}, line {number}: {error.Message}", error);
            }
        }
    }
}
