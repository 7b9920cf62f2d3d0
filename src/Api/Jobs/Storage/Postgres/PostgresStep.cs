namespace InstructDiffusion.Api.Jobs.Storage.Postgres;

/// <summary>One change of the tables. Never changed once released: the next change is another step.</summary>
/// <param name="Name">What it does, for whoever looks into the database.</param>
/// <param name="Needs">
/// The number of the step that a program must know to work on after this one. A step that only adds names an older one, often
/// 1, so that servers of before go on beside those of after; its own number shuts them out.
/// </param>
/// <param name="Sql">The statements.</param>
internal sealed record PostgresStep(string Name, int Needs, string Sql);
