using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>Every kind of work that can be a job, by its type.</summary>
internal sealed class JobOperations(IEnumerable<JobOperation> operations)
{
    private readonly Dictionary<string, JobOperation> _byType = operations.ToDictionary(operation => operation.Type);

    /// <summary>The values of the field <c>type</c>.</summary>
    public IReadOnlyCollection<string> Types => _byType.Keys;

    /// <summary>The fields of all of them, each name once.</summary>
    public IReadOnlyList<EditField> Fields =>
        [.. _byType.Values.SelectMany(operation => operation.Fields).DistinctBy(one => one.Key)];

    /// <summary>The operation of a type; null if there is none.</summary>
    public JobOperation? Find(string type) => _byType.GetValueOrDefault(type);
}
