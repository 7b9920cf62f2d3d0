using System.Text;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>Reads a text file line by line, none longer than allowed: a file without line ends must not fill the memory.</summary>
/// <param name="path">UTF-8.</param>
/// <param name="longest">Characters.</param>
internal sealed class BoundedLines(string path, int longest) : IDisposable
{
    private readonly StreamReader _reader = new(path, Encoding.UTF8);
    private readonly StringBuilder _line = new();

    /// <summary>The next line; null at the end.</summary>
    /// <exception cref="DatasetException">It is too long.</exception>
    public string? Next()
    {
        _line.Clear();
        int letter;
        while ((letter = _reader.Read()) >= 0 && letter != '\n')
        {
            if (_line.Length == longest)
            {
                throw new DatasetException($"{path}: a line of over {longest} characters");
            }
            _line.Append((char)letter);
        }
        return letter < 0 && _line.Length == 0 ? null : _line.ToString();
    }

    public void Dispose() => _reader.Dispose();
}
