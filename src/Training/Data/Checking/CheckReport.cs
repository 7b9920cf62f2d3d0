using System.Text;
using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Data.Pictures;

namespace InstructDiffusion.Training.Data.Checking;

/// <summary>What a check of a data set has found.</summary>
internal sealed record CheckReport
{
    private const int BrokenTold = 20;

    /// <summary>Kind and place of the set.</summary>
    public required string Name { get; init; }

    /// <summary>Pairs in it.</summary>
    public required long Count { get; init; }

    /// <summary>What was left out when it was opened.</summary>
    public required RejectionLog Rejections { get; init; }

    /// <summary>Pairs that were read.</summary>
    public required long Read { get; init; }

    /// <summary>Why those could not be read that could not.</summary>
    public required IReadOnlyList<string> Broken { get; init; }

    /// <summary>Pairs of each task.</summary>
    public required IReadOnlyDictionary<string, long> Tasks { get; init; }

    /// <summary>Of the pictures as they are on the disk.</summary>
    public required PictureStatistics Pictures { get; init; }

    /// <summary>Nothing is rejected and nothing broken.</summary>
    public bool IsSound => Broken.Count == 0 && Rejections.RejectedCount == 0;

    /// <summary>In words, a finding a line.</summary>
    public override string ToString()
    {
        var text = new StringBuilder($"{Name}: {Count:N0} pairs\n");
        foreach (Rejection left in Rejections.LeftOut)
        {
            text.Append($"  left out {left.Count:N0}: {left.Reason}\n");
        }
        foreach (Rejection rejected in Rejections.Rejected)
        {
            text.Append(
                $"  REJECTED {rejected.Count:N0}: {rejected.Reason}, e.g. {string.Join("; ", rejected.Examples)}\n"
            );
        }
        text.Append($"  read {Read:N0}: {string.Join(", ", Tasks.Select(task => $"{task.Key} {task.Value:N0}"))}\n");
        if (Pictures.Summary is var (smallest, median, largest))
        {
            text.Append(
                $"  {Pictures.Count:N0} pictures decoded: smallest {smallest}, median {median}, largest {largest}\n"
            );
        }
        if (Broken.Count > 0)
        {
            text.Append($"  BROKEN {Broken.Count:N0}:\n");
            foreach (string broken in Broken.Take(BrokenTold))
            {
                text.Append($"    {broken}\n");
            }
        }
        return text.ToString();
    }
}
