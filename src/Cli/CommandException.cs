namespace InstructDiffusion.Cli;

/// <summary>The command cannot be done; the message is what the user reads.</summary>
internal class CommandException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>The command was asked in a way that can never work; answered with <see cref="ExitCode.Usage"/>.</summary>
internal sealed class UsageException(string message) : CommandException(message);
