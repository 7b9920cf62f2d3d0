using System.Globalization;
using System.Text.RegularExpressions;

namespace InstructDiffusion.Api.Tests.Observability;

/// <summary>An answer of /metrics, read line by line; a line that is not in Prometheus' format is an error.</summary>
internal sealed partial class PrometheusText
{
    private PrometheusText(IReadOnlyList<Sample> samples, IReadOnlyDictionary<string, string> types)
    {
        Samples = samples;
        Types = types;
    }

    public IReadOnlyList<Sample> Samples { get; }

    /// <summary>By the metric's name: counter, gauge, histogram.</summary>
    public IReadOnlyDictionary<string, string> Types { get; }

    public static PrometheusText Parse(string text)
    {
        var samples = new List<Sample>();
        var types = new Dictionary<string, string>();
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
            {
                string[] words = line.Split(' ');
                types[words[2]] = words[3];
            }
            else if (!line.StartsWith('#'))
            {
                Match match = SampleLine().Match(line);
                Assert.True(match.Success, line);
                samples.Add(
                    new Sample(
                        match.Groups["name"].Value,
                        LabelPair()
                            .Matches(match.Groups["labels"].Value)
                            .ToDictionary(pair => pair.Groups["key"].Value, pair => pair.Groups["value"].Value),
                        double.Parse(
                            match.Groups["value"].Value.Replace("+Inf", "Infinity"),
                            CultureInfo.InvariantCulture
                        )
                    )
                );
            }
        }
        return new PrometheusText(samples, types);
    }

    /// <summary>Sum of the samples of this name that have all of these labels; null when there is none.</summary>
    public double? Sum(string name, params (string Key, string Value)[] labels)
    {
        Sample[] found =
        [
            .. Samples.Where(sample =>
                sample.Name.Equals(name, StringComparison.Ordinal)
                && labels.All(label => sample.Labels.GetValueOrDefault(label.Key) == label.Value)
            ),
        ];
        return found.Length == 0 ? null : found.Sum(sample => sample.Value);
    }

    internal sealed record Sample(string Name, IReadOnlyDictionary<string, string> Labels, double Value);

    [GeneratedRegex("""^(?<name>[a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(?<labels>.*)\})? (?<value>\S+)(?: \d+)?$""")]
    private static partial Regex SampleLine();

    [GeneratedRegex("\"?(?<key>[a-zA-Z_][a-zA-Z0-9_]*)\"?=\"(?<value>(?:[^\"\\\\]|\\\\.)*)\"")]
    private static partial Regex LabelPair();
}
