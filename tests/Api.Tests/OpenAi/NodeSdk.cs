using System.ComponentModel;
using System.Diagnostics;
using System.Text.Json;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests.OpenAi;

/// <summary>
/// The official OpenAI SDK for Node as <c>tests/Sdk.Node</c> pins it, installed on first use. <see cref="Missing"/> says why it
/// cannot be run, where it cannot.
/// </summary>
public sealed class NodeSdk : IAsyncLifetime
{
    private const int OldestNode = 20;
    private static readonly string Folder = RepositoryRoot.Of("tests", "Sdk.Node");

    public string? Missing { get; private set; }

    public async ValueTask InitializeAsync() => Missing = await PrepareAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    /// <summary>Runs one scenario of run.mjs and gives what it printed.</summary>
    public static async Task<JsonElement> RunAsync(string scenario, Uri server, string picture)
    {
        (int code, string output, string errors) = await StartAsync(
            "node",
            "run.mjs",
            scenario,
            new Uri(server, "/v1").ToString(),
            picture
        );
        Assert.True(code == 0, $"{scenario} ended with {code}: {errors}");
        using JsonDocument answer = JsonDocument.Parse(output);
        return answer.RootElement.Clone();
    }

    private static async Task<string?> PrepareAsync()
    {
        try
        {
            (_, string version, _) = await StartAsync("node", "--version");
            if (!int.TryParse(version.Trim().TrimStart('v').Split('.')[0], out int major) || major < OldestNode)
            {
                return $"Node {OldestNode} or newer is needed, this is {version.Trim()}.";
            }
            if (IsInstalled())
            {
                return null;
            }
            (int code, string output, string errors) = await StartAsync(
                "npm",
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund"
            );
            if (code != 0 && Environment.GetEnvironmentVariable("CI") is not null)
            {
                throw new InvalidOperationException($"npm ci failed: {output} {errors}");
            }
            return code == 0 ? null : $"npm ci failed, is the registry reachable? {errors}";
        }
        catch (Win32Exception missing)
        {
            return $"node and npm are needed: {missing.Message}";
        }
    }

    private static bool IsInstalled()
    {
        string installed = Path.Combine(Folder, "node_modules", "openai", "package.json");
        return File.Exists(installed) && Version(installed).Equals(Pinned(), StringComparison.Ordinal);
    }

    private static string Version(string packageFile)
    {
        using JsonDocument package = JsonDocument.Parse(File.ReadAllText(packageFile));
        return package.RootElement.GetProperty("version").GetString()!;
    }

    private static string Pinned()
    {
        using JsonDocument package = JsonDocument.Parse(File.ReadAllText(Path.Combine(Folder, "package.json")));
        return package.RootElement.GetProperty("dependencies").GetProperty("openai").GetString()!;
    }

    private static async Task<(int Code, string Output, string Errors)> StartAsync(
        string program,
        params string[] arguments
    )
    {
        CancellationToken testEnd = TestContext.Current.CancellationToken;
        // npm is a script, which Windows starts only through its shell.
        bool isScript = OperatingSystem.IsWindows() && program is "npm";
        var start = new ProcessStartInfo(
            isScript ? "cmd" : program,
            isScript ? ["/c", program, .. arguments] : arguments
        )
        {
            WorkingDirectory = Folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        using Process process = Process.Start(start)!;
        try
        {
            Task<string> output = process.StandardOutput.ReadToEndAsync(testEnd);
            Task<string> errors = process.StandardError.ReadToEndAsync(testEnd);
            await process.WaitForExitAsync(testEnd).WaitAsync(3 * ApiApplication.Patience, testEnd);
            return (process.ExitCode, await output, await errors);
        }
        finally
        {
            if (!process.HasExited)
            {
                process.Kill(entireProcessTree: true);
            }
        }
    }
}
