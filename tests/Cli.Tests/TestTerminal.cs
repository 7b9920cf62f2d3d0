namespace InstructDiffusion.Cli.Tests;

/// <summary>Catches what a run writes.</summary>
internal sealed class TestTerminal : IDisposable
{
    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public TestTerminal() =>
        Terminal = new Terminal { Out = TextWriter.Synchronized(_out), Error = TextWriter.Synchronized(_error) };

    public Terminal Terminal { get; }

    public string Out => _out.ToString();

    public string Error => _error.ToString();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }
}
