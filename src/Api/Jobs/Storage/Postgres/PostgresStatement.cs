namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>A statement and its values, which are always parameters.</summary>
/// <param name="Sql">Names its parameters as <c>@name</c>.</param>
/// <param name="Parameters">Their values; null for NULL, whose type must follow from the statement.</param>
internal readonly record struct PostgresStatement(string Sql, params (string Name, object? Value)[] Parameters);
