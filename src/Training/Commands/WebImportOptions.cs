using System.CommandLine;
using InstructDiffusion.Training.Construction.Web;

namespace InstructDiffusion.Training.Commands;

/// <summary>What both importers of requests are told on the command line.</summary>
internal sealed class WebImportOptions
{
    private readonly Option<string?> _rules = new("--rules")
    {
        Description = "JSON file: licences by host, unsafe words, how titles, posts and pages are read.",
        HelpName = "file",
    };

    private readonly Option<bool> _unknown = new("--allow-unknown-licence")
    {
        Description = "Keep pictures whose licence no rule and no post names; their records say 'unknown'.",
    };

    private readonly Option<string> _output = new("--out", "-o")
    {
        Description = "File for the requests, one a line.",
        HelpName = "file",
        Required = true,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(_rules);
        command.Add(_unknown);
        command.Add(_output);
    }

    /// <summary>The user's rules.</summary>
    public WebRules Rules(ParseResult parse) => WebRules.Load(parse.GetValue(_rules));

    /// <summary>Whether unknown licences are kept.</summary>
    public bool AllowsUnknownLicence(ParseResult parse) => parse.GetValue(_unknown);

    /// <summary>Where the requests go.</summary>
    public string Output(ParseResult parse) => parse.GetRequiredValue(_output);
}
