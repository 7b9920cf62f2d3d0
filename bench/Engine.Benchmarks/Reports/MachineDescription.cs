using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;
using TorchSharp;

namespace InstructDiffusion.Engine.Benchmarks.Reports;

/// <summary>Where and when figures were taken: without it they mean nothing.</summary>
internal sealed record MachineDescription
{
    public required string Processor { get; init; }

    public required int Cores { get; init; }

    public required long MemoryBytes { get; init; }

    public required string System { get; init; }

    public required string Runtime { get; init; }

    public required int Threads { get; init; }

    /// <summary>Commit the program was built from, as the compiler recorded it; changes not committed then do not show.</summary>
    public required string Commit { get; init; }

    public required DateTimeOffset Taken { get; init; }

    /// <summary>This machine, now.</summary>
    public static MachineDescription Of(TimeProvider time) =>
        new()
        {
            Processor = FieldOf("/proc/cpuinfo", "model name") ?? RuntimeInformation.ProcessArchitecture.ToString(),
            Cores = Environment.ProcessorCount,
            MemoryBytes = GC.GetGCMemoryInfo().TotalAvailableMemoryBytes,
            System = FieldOf("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"') ?? RuntimeInformation.OSDescription,
            Runtime = $"{RuntimeInformation.FrameworkDescription}, libtorch {torch.__version__}",
            Threads = torch.get_num_threads(),
            Commit = CommitOf(typeof(MachineDescription).Assembly),
            Taken = time.GetUtcNow(),
        };

    /// <summary>Programs that wanted a core over the last minute, this one among them; null where the system does not say.</summary>
    public static double? LoadAverage() =>
        File.Exists("/proc/loadavg")
            ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
            : null;

    private static string CommitOf(Assembly assembly)
    {
        string? version = assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        return version?.Split('+') is [_, var commit] ? commit[..Math.Min(commit.Length, 12)] : "unknown";
    }

    private static string? FieldOf(string file, string field, char separator = ':') =>
        File.Exists(file)
            ? File.ReadLines(file)
                .FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))
                ?.Split(separator, 2)[1]
                .Trim()
            : null;
}
