using System.Diagnostics;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Browser.Tests.Driving;

/// <summary>Node, and the packages of node/package.json as locked there. What is missing is a reason to skip.</summary>
internal static class NodePackages
{
    private static readonly Lazy<Task<string?>> Installation = new(InstallAsync);

    private static string Folder => RepositoryRoot.Of("artifacts", "node", "Browser.Tests");

    /// <summary>The path of a package's file. Skips the test when it cannot be had.</summary>
    public static async Task<string> FileAsync(params string[] path)
    {
        string? fault = await Installation.Value;
        Assert.SkipWhen(fault is not null, $"The packages of tests/Browser.Tests/node cannot be installed: {fault}");
        return Path.Combine([Folder, "node_modules", .. path]);
    }

    /// <summary>Runs node. Skips the test when there is none.</summary>
    /// <returns>The exit code, and what it wrote.</returns>
    public static async Task<(int ExitCode, string Output)> RunNodeAsync(params string[] arguments)
    {
        (int ExitCode, string Output)? run = await RunAsync("node", RepositoryRoot.Folder, arguments);
        Assert.SkipWhen(run is null, "Node is not installed.");
        return run!.Value;
    }

    private static async Task<string?> InstallAsync()
    {
        string source = RepositoryRoot.Of("tests", "Browser.Tests", "node");
        Directory.CreateDirectory(Folder);
        string mark = Path.Combine(Folder, "installed.json");
        string locked = await File.ReadAllTextAsync(Path.Combine(source, "package-lock.json"));
        if (File.Exists(mark) && await File.ReadAllTextAsync(mark) == locked)
        {
            return null;
        }
        foreach (string name in new[] { "package.json", "package-lock.json" })
        {
            File.Copy(Path.Combine(source, name), Path.Combine(Folder, name), overwrite: true);
        }
        (int ExitCode, string Output)? run = await RunAsync(
            OperatingSystem.IsWindows() ? "npm.cmd" : "npm",
            Folder,
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        );
        if (run is not { ExitCode: 0 })
        {
            return run?.Output ?? "npm is not installed";
        }
        await File.WriteAllTextAsync(mark, locked);
        return null;
    }

    private static async Task<(int ExitCode, string Output)?> RunAsync(
        string program,
        string folder,
        string[] arguments
    )
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            WorkingDirectory = folder,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            UseShellExecute = false,
        };
        Process? process;
        try
        {
            process = Process.Start(start);
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return null; // there is no such program
        }
        using (process)
        {
            CancellationToken testEnd = TestContext.Current.CancellationToken;
            Task<string> output = process!.StandardOutput.ReadToEndAsync(testEnd);
            Task<string> errors = process.StandardError.ReadToEndAsync(testEnd);
            await process.WaitForExitAsync(testEnd);
            return (process.ExitCode, await output + await errors);
        }
    }
}
