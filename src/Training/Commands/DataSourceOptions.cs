using System.CommandLine;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary>How a data set is named on the command line.</summary>
internal sealed class DataSourceOptions
{
    private readonly Argument<string?> _path = new("path")
    {
        Description = "Its folder or file.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    // As earlier versions had it.
    private readonly Option<string?> _data = new("--data") { Description = "The same.", Hidden = true };

    private readonly Option<string> _kind = new("--kind")
    {
        Description = $"Its form: {string.Join(", ", DataSourceKinds.Names)}.",
        DefaultValueFactory = _ => DataSourceKinds.NameOf(DataSourceKind.Demo),
    };

    private readonly Option<string?> _split = new("--split")
    {
        Description = "The part, e.g. train2017; what the authors train on when not given.",
    };

    private readonly Option<string[]> _set = new("--set")
    {
        Description = "Other fields of a recipe's source: field=value, e.g. augment=false.",
        AllowMultipleArgumentsPerToken = true,
        DefaultValueFactory = _ => [],
    };

    public DataSourceOptions() => _kind.AcceptOnlyFromAmong([.. DataSourceKinds.Names]);

    /// <summary>Adds argument and options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_path);
        command.Add(_data);
        command.Add(_kind);
        command.Add(_split);
        command.Add(_set);
    }

    /// <summary>The source that was named.</summary>
    /// <exception cref="RecipeException">There is none, or a field cannot be.</exception>
    public DataSourceRecipe Source(ParseResult parse)
    {
        string path = Path(parse) ?? throw new RecipeException("path: expected the folder or file of a data set");
        string[] split = parse.GetValue(_split) is { } name ? [$"split={name}"] : [];
        return RecipeFile.Source(parse.GetValue(_kind)!, path, [.. split, .. parse.GetValue(_set)!]);
    }

    /// <summary>The path that was given; null for none.</summary>
    public string? Path(ParseResult parse) => parse.GetValue(_path) ?? parse.GetValue(_data);
}
