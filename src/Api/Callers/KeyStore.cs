using System.Text.Json;
using InstructDiffusion.Api.Security;

namespace InstructDiffusion.Api.Callers;

/// <summary>The keys that are valid now: those of the settings, and those of the keys file as it is.</summary>
internal sealed class KeyStore
{
    private const long LargestFile = 16 * 1024 * 1024;
    private readonly SecurityOptions _options;
    private string? _fileText;
    private volatile ApiKeyRing _ring;

    /// <exception cref="StartRefusedException">A key is wrong, or the keys file cannot be read.</exception>
    public KeyStore(SecurityOptions options)
    {
        _options = options;
        try
        {
            _fileText = ReadFile();
            _ring = RingOf(_fileText);
        }
        catch (Exception error) when (error is IOException or FormatException or UnauthorizedAccessException)
        {
            throw new StartRefusedException(
                $"{SecurityOptions.Section}:{nameof(SecurityOptions.Keys)} or {nameof(SecurityOptions.KeysFile)}: {error.Message}"
            );
        }
    }

    /// <summary>The keys.</summary>
    public ApiKeyRing Ring => _ring;

    /// <summary>Takes over what the keys file says now. False when it says what it said.</summary>
    /// <exception cref="FormatException">A key is wrong; the old ones stay.</exception>
    /// <exception cref="IOException">The file cannot be read; the old ones stay.</exception>
    public bool Reload()
    {
        string? text = ReadFile();
        if (string.Equals(text, _fileText, StringComparison.Ordinal))
        {
            return false;
        }
        // Also when it is wrong: it is complained of once.
        _fileText = text;
        _ring = RingOf(text);
        return true;
    }

    private string? ReadFile()
    {
        if (_options.KeysFile is not { } path)
        {
            return null;
        }
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        if (file.Length > LargestFile)
        {
            throw new FormatException($"The keys file {path} has {file.Length} bytes; at most {LargestFile} are read.");
        }
        using var reader = new StreamReader(file);
        return reader.ReadToEnd();
    }

    private ApiKeyRing RingOf(string? text) => new([.. _options.Keys, .. EntriesOf(text ?? "")]);

    /// <summary>One entry a line; empty lines and lines that begin with # are skipped.</summary>
    private static IEnumerable<ApiKeyEntry> EntriesOf(string text)
    {
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            string line = lines[i].Trim();
            if (line.Length > 0 && !line.StartsWith('#'))
            {
                yield return Parse(line, i + 1);
            }
        }
    }

    private static ApiKeyEntry Parse(string line, int number)
    {
        try
        {
            return ApiKeyEntry.Parse(line);
        }
        catch (JsonException error)
        {
            // The parser's own message may quote the line.
            throw new FormatException($"Line {number} of the keys file is not a key as `key create` prints it.", error);
        }
    }
}
