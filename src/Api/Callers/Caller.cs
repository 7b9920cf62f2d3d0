namespace InstructDiffusion.Api.Callers;

/// <summary>Who asks: whose jobs, whose share of the engine, whose limits. A feature of the request, set by authentication.</summary>
/// <param name="Name">Stable and never secret; the empty name is the anonymous caller's.</param>
/// <param name="Scopes">What it may do: names of <see cref="Scope"/>.</param>
internal sealed record Caller(string Name, IReadOnlySet<string> Scopes)
{
    /// <summary>The caller of a server without keys: everything but administration.</summary>
    public static Caller Anonymous { get; } = new("", new HashSet<string> { Scope.Edit, Scope.Jobs, Scope.Metrics });

    /// <summary>Who sent this request.</summary>
    public static Caller Of(HttpContext http) => http.Features.Get<Caller>() ?? Anonymous;
}
