using InstructDiffusion.Api.Tests.Jobs.Storage.Postgres;

[assembly: AssemblyFixture(typeof(PostgresServer))]
