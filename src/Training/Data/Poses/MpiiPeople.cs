using InstructDiffusion.Training.Data.Files;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Data.Poses;

/// <summary>MPII's people, from the JSON that pose estimators have made of its Matlab file: coordinates count from 1.</summary>
internal static class MpiiPeople
{
    private const double NoCenter = -1;
    private const double Lowering = 15;
    private const double Padding = 1.25;
    private const double LargestScale = 100;

    /// <summary>Reads a list of people.</summary>
    /// <returns>The people, and the file's SHA-256.</returns>
    public static (IReadOnlyList<Person> People, string Hash) Read(string path, DatasetOpening opening)
    {
        var people = new List<Person>();
        int joints = PoseSkeleton.Of(DataSourceKind.Mpii).Joints.Count;
        long number = 0;
        string hash = JsonStream.Read(
            path,
            null,
            (_, json) =>
            {
                number++;
                Entry? entry = DatasetJson.TryRead<Entry>(json, "person", number, opening.Rejections);
                if (entry is not null && Read(entry, joints, number, opening.Rejections) is { } person)
                {
                    people.Add(person);
                }
            },
            opening.CancellationToken
        );
        return (people, hash);
    }

    private static Person? Read(Entry entry, int joints, long number, RejectionLog log)
    {
        bool isWhole =
            entry.Center is { Count: 2 }
            && entry.Joints.Count == joints
            && entry.JointsVis.Count == joints
            && entry.Joints.All(joint => joint is { Count: >= 2 })
            && entry.Joints.SelectMany(joint => joint).Concat(entry.Center).All(Person.IsPlace);
        if (!isWhole || !(entry.Scale > 0 && entry.Scale <= LargestScale) || entry.Center[0] == NoCenter)
        {
            log.Reject("a person without a centre, a scale or joints that can be", $"number {number}");
            return null;
        }
        uint visible = 0;
        var places = new float[2 * joints];
        for (int i = 0; i < joints; i++)
        {
            (places[2 * i], places[(2 * i) + 1]) = ((float)(entry.Joints[i][0] - 1), (float)(entry.Joints[i][1] - 1));
            visible |= entry.JointsVis[i] > 0 ? 1u << i : 0;
        }
        var box = new PersonBox(
            entry.Center[0] - 1,
            entry.Center[1] + (Lowering * entry.Scale) - 1,
            entry.Scale * Padding
        );
        // MPII has no boxes; its scale is a person's height / 200.
        double height = entry.Scale * PersonBox.Unit;
        return new Person($"images/{entry.Image}", box, places, visible)
        {
            Area = height * height,
            Bounds = (box.CenterX - (height / 2), box.CenterY - (height / 2), height, height),
        };
    }

    private sealed record Entry
    {
        public required string Image { get; init; }

        public required IReadOnlyList<double> Center { get; init; }

        public required double Scale { get; init; }

        public required IReadOnlyList<IReadOnlyList<double>> Joints { get; init; }

        public required IReadOnlyList<double> JointsVis { get; init; }
    }
}
