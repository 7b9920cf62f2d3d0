using System.Globalization;
using System.Reflection;
using System.Runtime.InteropServices;

namespace InstructDiffusion.Server.Load.Reports;

/// <summary>Where and when figures were taken: without it they mean nothing.</summary>
internal static class Machine
{
    /// <summary>Processor, system, runtime, commit and load, as the lines of a list.</summary>
    public static string Describe(TimeProvider time) =>
        $"""
            - Taken {time.GetUtcNow():yyyy-MM-dd HH:mm} UTC at commit {Commit()}
            - {Field("/proc/cpuinfo", "model name", ':') ?? "unknown processor"}, {Environment.ProcessorCount} cores; {Field(
                "/etc/os-release",
                "PRETTY_NAME",
                '='
            )?.Trim('"') ?? RuntimeInformation.OSDescription}; {RuntimeInformation.FrameworkDescription}
            - Load average {LoadAverage()?.ToString("0.0", CultureInfo.InvariantCulture) ?? "unknown"} at the end

            """;

    private static double? LoadAverage() =>
        File.Exists("/proc/loadavg")
            ? double.Parse(File.ReadAllText("/proc/loadavg").Split(' ')[0], CultureInfo.InvariantCulture)
            : null;

    private static string Commit()
    {
        string? version = typeof(Machine)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()
            ?.InformationalVersion;
        return version?.Split('+') is [_, var commit] ? commit[..Math.Min(commit.Length, 12)] : "unknown";
    }

    private static string? Field(string file, string field, char separator) =>
        File.Exists(file)
            ? File.ReadLines(file)
                .FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))
                ?.Split(separator, 2)[1]
                .Trim()
            : null;
}
