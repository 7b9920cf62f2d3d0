namespace InstructDiffusion.Outbound;

/// <summary>An address that a stranger named is not called, or does not answer. The message may be shown to the stranger.</summary>
/// <param name="fault">What went wrong.</param>
/// <param name="message">A predicate whose subject is the address: "cannot be connected to".</param>
/// <param name="inner">What is behind it; not for strangers.</param>
public sealed class OutboundException(OutboundFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public OutboundFault Fault { get; } = fault;
}

/// <summary>Why an address is not called.</summary>
public enum OutboundFault
{
    /// <summary>The address is none that could ever be called, or nothing is called at all.</summary>
    Invalid,

    /// <summary>The rules do not let it be called.</summary>
    Forbidden,

    /// <summary>It was called, and did not answer as it should.</summary>
    Unreachable,
}
