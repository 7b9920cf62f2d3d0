namespace InstructDiffusion.Api.KServe;

/// <summary>What server this is.</summary>
/// <param name="Name">The program.</param>
/// <param name="Version">Its version.</param>
/// <param name="Extensions">What it can do beyond the protocol, each under a route of this server's own.</param>
internal sealed record KServeServer(string Name, string Version, IReadOnlyList<string> Extensions)
{
    /// <summary>This program.</summary>
    public static KServeServer This { get; } =
        new(
            "instructdiffusion",
            (typeof(KServeServer).Assembly.GetName().Version ?? new Version(0, 0)).ToString(fieldCount: 3),
            ["edits", "vision", "replay", "tasks"]
        );
}

/// <summary>Whether the process answers.</summary>
/// <param name="Live">True.</param>
internal sealed record KServeLive(bool Live);

/// <summary>Whether the server should be sent work.</summary>
/// <param name="Ready">Whether it should.</param>
/// <param name="Live">True; the protocol's document calls it by this name.</param>
internal sealed record KServeReady(bool Ready, bool Live);

/// <summary>Whether a model should be sent work.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Ready">Whether it should.</param>
internal sealed record KServeModelReady(string Name, bool Ready);

/// <summary>An error as the protocol has it.</summary>
/// <param name="Error">What is wrong, in words.</param>
internal sealed record KServeError(string Error);
