using System.CommandLine;
using System.Globalization;
using InstructDiffusion.Api.Callers;

namespace InstructDiffusion.Cli.Keys;

/// <summary><c>key create</c>: prints a new key, this once, and the line by which a server knows it.</summary>
internal sealed class KeyCreateCommand : Command
{
    private readonly Option<string> _name = new("--name")
    {
        Description = "Whose key it is. Keys of one name are one caller.",
        Required = true,
    };

    private readonly Option<string> _scopes = new("--scopes")
    {
        Description = $"What it allows, parted by commas: {string.Join(", ", Scope.All)}.",
        Required = true,
    };

    private readonly Option<string?> _expires = new("--expires")
    {
        Description = "The day it ends, as 2027-12-31 (in UTC); never unless given.",
    };

    private readonly Option<int?> _requests = new("--requests-per-minute")
    {
        Description = "Requests a minute; the server's default unless given.",
    };

    private readonly Option<double?> _engineSeconds = new("--engine-seconds-per-minute")
    {
        Description = "Seconds of the engine's time a minute; the server's default unless given.",
    };

    private readonly Option<int?> _concurrent = new("--concurrent-requests")
    {
        Description = "Requests at once; the server's default unless given.",
    };

    private readonly Option<string?> _keysFile = new("--keys-file")
    {
        Description = "The server's keys file, to which the line is added; printed unless given.",
    };

    public KeyCreateCommand(Terminal terminal)
        : base("create", "Make a key. It is shown this once; the server stores its hash.")
    {
        Options.Add(_name);
        Options.Add(_scopes);
        Options.Add(_expires);
        Options.Add(_requests);
        Options.Add(_engineSeconds);
        Options.Add(_concurrent);
        Options.Add(_keysFile);
        SetAction(parse => Run(terminal, parse));
    }

    private int Run(Terminal terminal, ParseResult parse)
    {
        string key = ApiKey.Create();
        var entry = new ApiKeyEntry
        {
            Name = parse.GetRequiredValue(_name),
            Hash = ApiKey.Hash(key),
            Scopes = string.Join(' ', Scope.Split(parse.GetRequiredValue(_scopes))),
            Expires = EndOf(parse.GetValue(_expires)),
            RequestsPerMinute = parse.GetValue(_requests),
            EngineSecondsPerMinute = parse.GetValue(_engineSeconds),
            ConcurrentRequests = parse.GetValue(_concurrent),
        };
        if (entry.Faults().FirstOrDefault() is { } fault)
        {
            throw new UsageException($"the key {fault}");
        }
        if (parse.GetValue(_keysFile) is { } file)
        {
            Append(file, entry.ToLine());
            terminal.Error.WriteLine($"Its hash was added to {file}. The key, shown this once:");
            terminal.Out.WriteLine(key);
        }
        else
        {
            terminal.Error.WriteLine("The key, shown this once, and the line for the server's keys file:");
            terminal.Out.WriteLine(key);
            terminal.Out.WriteLine(entry.ToLine());
        }
        return ExitCode.Success;
    }

    private static DateTimeOffset? EndOf(string? day)
    {
        if (day is null)
        {
            return null;
        }
        return DateOnly.TryParseExact(
            day,
            "yyyy-MM-dd",
            CultureInfo.InvariantCulture,
            DateTimeStyles.None,
            out DateOnly date
        )
            ? new DateTimeOffset(date.AddDays(1), TimeOnly.MinValue, TimeSpan.Zero)
            : throw new UsageException($"--expires must be a day such as 2027-12-31, got '{day}'");
    }

    // One write: a server that reads at this moment sees the line whole or not at all.
    private static void Append(string file, string line)
    {
        bool endsInLine = !File.Exists(file) || File.ReadAllText(file) is "" or [.., '\n'];
        File.AppendAllText(file, $"{(endsInLine ? "" : "\n")}{line}\n");
    }
}
