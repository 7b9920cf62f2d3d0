using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>Every kind of work that can be a job, by its type.</summary>
internal sealed class JobOperations(IEnumerable<JobOperation> operations)
{
    private readonly Dictionary<string, JobOperation> _byType = operations.ToDictionary(operation => operation.Type);

    /// <summary>The values of the field <c>type</c>.</summary>
    public IReadOnlyCollection<string> Types => [.. Offered.Select(operation => operation.Type)];

    /// <summary>The fields of all that are offered, each name once.</summary>
    public IReadOnlyList<EditField> Fields =>
        [.. Offered.SelectMany(operation => operation.Fields).DistinctBy(one => one.Key)];

    /// <summary>The operation of a type; null if there is none.</summary>
    public JobOperation? Find(string type) => _byType.GetValueOrDefault(type);

    /// <summary>The operation that a client asks for by its type; null if there is none.</summary>
    public JobOperation? FindOffered(string type) => Find(type) is { IsOffered: true } offered ? offered : null;

    private IEnumerable<JobOperation> Offered => _byType.Values.Where(operation => operation.IsOffered);
}
