using System.Diagnostics;
using System.Text.Json;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Api.Tests;

/// <summary>What can be checked of the container's recipe without a container engine.</summary>
public sealed class DockerfileTests
{
    private static readonly string[][] Instructions = Read();

    [Fact]
    public void Instructions_Stages_BuildWithTheSdkAndRunWithTheRuntime()
    {
        string[][] stages = [.. Instructions.Where(words => words[0] is "FROM")];

        Assert.Equal(["FROM", "mcr.microsoft.com/dotnet/sdk:10.0", "AS", "build"], stages[0]);
        Assert.Equal(["FROM", "mcr.microsoft.com/dotnet/aspnet:10.0"], stages[1]);
        Assert.Equal(2, stages.Length);
    }

    [Fact]
    public void Instructions_Copied_ExistsAndIsNotIgnored()
    {
        string[] kept =
        [
            .. File.ReadLines(RepositoryRoot.Of(".dockerignore"))
                .Where(line => line.StartsWith('!'))
                .Select(line => line[1..]),
        ];
        string[] sources =
        [
            .. Instructions
                .Where(words => words[0] is "COPY" && !words[1].StartsWith("--from", StringComparison.Ordinal))
                .SelectMany(words => words[1..^1]),
        ];

        Assert.NotEmpty(sources);
        Assert.All(
            sources,
            source => Assert.True(Path.Exists(RepositoryRoot.Of(source.Split('/'))), $"{source} does not exist")
        );
        Assert.All(kept, path => Assert.Contains(sources, source => Holds(source, path)));
        Assert.All(sources, source => Assert.Contains(kept, path => Holds(source, path)));
    }

    [Fact]
    public void Instructions_EverythingTheBuildImports_IsCopied()
    {
        string[] copied = [.. Instructions.Where(words => words[0] is "COPY").SelectMany(words => words[1..^1])];
        string[] imported =
        [
            .. Directory.EnumerateFiles(RepositoryRoot.Folder, "Directory.*").Select(path => Path.GetFileName(path)),
        ];

        Assert.All(imported, file => Assert.Contains(file, copied));
    }

    [Fact]
    public void Instructions_User_IsNotRootAndSetBeforeTheEntryPoint()
    {
        string[] names = [.. Instructions.Select(words => words[0])];

        Assert.Equal(["USER", "$APP_UID"], Instructions[Array.LastIndexOf(names, "USER")]);
        Assert.True(Array.LastIndexOf(names, "USER") > Array.LastIndexOf(names, "FROM"));
        Assert.True(Array.LastIndexOf(names, "USER") < Array.LastIndexOf(names, "ENTRYPOINT"));
    }

    [Fact]
    public void Instructions_Environment_OpensTheServerToNobodyAndHoldsNoSecret()
    {
        string environment = string.Join(
            ' ',
            Instructions.Where(words => words[0] is "ENV" or "ARG").SelectMany(w => w)
        );

        Assert.Contains("ASPNETCORE_HTTP_PORTS=", environment, StringComparison.Ordinal);
        Assert.DoesNotContain("Security", environment, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public void Instructions_FolderOfJobs_IsAVolumeOfTheUserAlone()
    {
        string environment = string.Join(' ', Instructions.Where(words => words[0] is "ENV").SelectMany(w => w));
        string[] volumes = Instructions.Single(words => words[0] is "VOLUME");

        Assert.Contains("Jobs__Path=/data", environment, StringComparison.Ordinal);
        Assert.Contains("/data", volumes);
        Assert.Contains(
            Instructions,
            words => words is ["RUN", "install", "--directory", "--owner=$APP_UID", "--mode=700", "/data"]
        );
    }

    [Fact]
    public void Instructions_EntryPoint_IsTheProgramOfThisProject()
    {
        string[] entryPoint = Instructions.Single(words => words[0] is "ENTRYPOINT");

        Assert.Equal(
            ["dotnet", $"{typeof(Program).Assembly.GetName().Name}.dll"],
            JsonSerializer.Deserialize<string[]>(string.Join(' ', entryPoint[1..]))!
        );
    }

    [Fact]
    public async Task HealthCheck_RunAgainstTheServer_TellsReadyFromNotReady()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The check runs in a Linux container.");
        await using var ready = new ApiApplication();
        await using var broken = new ApiApplication { Load = _ => throw new FileNotFoundException("no model") };
        (await ready.StartAsync()).Dispose();
        (await broken.StartAsync()).Dispose();

        Assert.Equal(0, await RunHealthCheckAsync(ready.Address.Port));
        Assert.NotEqual(0, await RunHealthCheckAsync(broken.Address.Port));
    }

    private static async Task<int> RunHealthCheckAsync(int port)
    {
        string check = string.Join(' ', Instructions.Single(words => words[0] is "HEALTHCHECK"));
        string[] command = JsonSerializer.Deserialize<string[]>(check[check.IndexOf('[', StringComparison.Ordinal)..])!;
        var start = new ProcessStartInfo(command[0], command[1..])
        {
            UseShellExecute = false,
            Environment = { ["ASPNETCORE_HTTP_PORTS"] = $"{port}" },
        };
        using Process process = Process.Start(start)!;
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
        return process.ExitCode;
    }

    private static bool Holds(string source, string path) =>
        path.Equals(source, StringComparison.Ordinal)
        || (source.EndsWith('/') && path.StartsWith(source, StringComparison.Ordinal));

    /// <summary>The instructions as words: comments gone, continued lines joined.</summary>
    private static string[][] Read()
    {
        IEnumerable<string> lines = File.ReadLines(RepositoryRoot.Of("Dockerfile"))
            .Where(line => line.Length > 0 && !line.StartsWith('#'));
        string text = string.Join('\n', lines).Replace("\\\n", " ", StringComparison.Ordinal);
        return [.. text.Split('\n').Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))];
    }
}
