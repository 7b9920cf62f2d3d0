namespace InstructDiffusion.Api.Admin;

/// <summary>
/// Whether an operator has asked this server to take no more work. It goes on with what it accepted, and can be asked to work
/// again; a server that stops drains by itself.
/// </summary>
internal sealed class Drain
{
    /// <summary>What clients and probes are told.</summary>
    public const string Reason = "The server is draining.";

    private volatile bool _isOn;

    /// <summary>True while no more work is taken.</summary>
    public bool IsOn => _isOn;

    /// <summary>Begins or ends it. False when it was so already.</summary>
    public bool Set(bool isOn)
    {
        bool changes = _isOn != isOn;
        _isOn = isOn;
        return changes;
    }
}
