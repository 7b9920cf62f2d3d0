using InstructDiffusion.Api.Errors;
using InstructDiffusion.Outbound;

namespace InstructDiffusion.Api.Security;

/// <summary>How a request is answered that named an address which is not called or does not answer.</summary>
internal static class OutboundProblems
{
    /// <summary>The fault as a problem.</summary>
    /// <param name="fault">What went wrong.</param>
    /// <param name="parameter">The field that holds the address.</param>
    public static ApiException ToProblem(this OutboundException fault, string parameter) =>
        new(
            fault.Fault switch
            {
                OutboundFault.Forbidden => ProblemKind.ForbiddenUrl,
                OutboundFault.Unreachable => ProblemKind.UnreachableUrl,
                _ => ProblemKind.InvalidParameter,
            },
            $"{parameter}: {fault.Message}",
            parameter
        )
        {
            Errors = new Dictionary<string, string[]> { [parameter] = [fault.Message] },
        };
}
