using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.Security;

/// <summary>An address that a client named is not called, or does not answer. The message is for the client.</summary>
internal sealed class OutboundException(OutboundFault fault, string message, Exception? inner = null)
    : Exception(message, inner)
{
    /// <summary>What went wrong.</summary>
    public OutboundFault Fault { get; } = fault;

    /// <summary>How a request is answered that named the address.</summary>
    /// <param name="parameter">The field that holds it.</param>
    public ApiException ToProblem(string parameter) =>
        new(
            Fault switch
            {
                OutboundFault.Forbidden => ProblemKind.ForbiddenUrl,
                OutboundFault.Unreachable => ProblemKind.UnreachableUrl,
                _ => ProblemKind.InvalidParameter,
            },
            $"{parameter}: {Message}",
            parameter
        )
        {
            Errors = new Dictionary<string, string[]> { [parameter] = [Message] },
        };
}

/// <summary>Why an address is not called.</summary>
internal enum OutboundFault
{
    /// <summary>The address is none that could ever be called, or the server calls none at all.</summary>
    Invalid,

    /// <summary>The server's rules do not let it be called.</summary>
    Forbidden,

    /// <summary>It was called, and did not answer as it should.</summary>
    Unreachable,
}
