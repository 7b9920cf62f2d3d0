using System.CommandLine;

namespace InstructDiffusion.Cli.Keys;

/// <summary><c>key</c>: the keys of a server's callers.</summary>
internal sealed class KeyCommand : Command
{
    public KeyCommand(Terminal terminal)
        : base("key", "Make keys for the callers of a server.")
    {
        Add(new KeyCreateCommand(terminal));
    }
}
