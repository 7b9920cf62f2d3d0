namespace InstructDiffusion.Api.Errors;

/// <summary>Collects what is wrong with a request's fields, so that one answer names them all.</summary>
internal sealed class FieldErrors
{
    private readonly List<(string Field, string Reason)> _errors = [];

    /// <summary>Notes one fault; <paramref name="reason"/> reads on from the field's name: "must be …".</summary>
    public void Add(string field, string reason) => _errors.Add((field, reason));

    /// <summary>True when a fault of this field was noted.</summary>
    public bool Names(string field) => _errors.Exists(error => error.Field.Equals(field, StringComparison.Ordinal));

    /// <exception cref="ApiException">Anything was noted.</exception>
    public void ThrowIfAny()
    {
        if (_errors.Count == 0)
        {
            return;
        }
        throw new ApiException(
            ProblemKind.InvalidParameter,
            string.Join("; ", _errors.Select(error => $"{error.Field}: {error.Reason}")),
            _errors[0].Field
        )
        {
            Errors = _errors
                .GroupBy(error => error.Field, error => error.Reason)
                .ToDictionary(group => group.Key, group => group.ToArray()),
        };
    }
}
