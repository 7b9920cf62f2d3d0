using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Architecture.Tests;

public sealed class ProjectFileTests
{
    [Fact]
    public void Projects_OfSrc_KnowTheLeavesAlone()
    {
        Assert.Contains(ProjectFile.All, project => project.Name is "Engine");
        Assert.Contains(ProjectFile.All, project => project.Name is "Api" && project.References.Contains("Engine"));
        Assert.Empty(ProjectFile.Violations(ProjectFile.All));
    }

    [Theory]
    [InlineData("src/Api/Api.csproj", "../Training/Training.csproj")]
    [InlineData("src/Training/Training.csproj", @"..\Api\Api.csproj")]
    [InlineData("src/Engine/Engine.csproj", "../Cli/Cli.csproj")]
    [InlineData("src/Engine/Engine.csproj", "../Outbound/Outbound.csproj")]
    [InlineData("src/Outbound/Outbound.csproj", "../Engine/Engine.csproj")]
    public void Violations_ForbiddenReference_IsReported(string path, string reference)
    {
        var xml = $"""<Project><ItemGroup><ProjectReference Include="{reference}" /></ItemGroup></Project>""";

        Assert.Single(ProjectFile.Violations([ProjectFile.Parse(path, xml)]));
    }

    [Fact]
    public void Solution_HoldsEveryProject()
    {
        var solution = File.ReadAllText(RepositoryRoot.Of("InstructDiffusion.sln")).Replace('\\', '/');

        Assert.All(
            ProjectFile.All,
            project => Assert.Contains($"\"{project.Path}\"", solution, StringComparison.Ordinal)
        );
    }
}
