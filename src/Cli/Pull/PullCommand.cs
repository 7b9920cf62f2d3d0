using System.CommandLine;

namespace InstructDiffusion.Cli.Pull;

/// <summary><c>pull</c>: downloads a model from a hub.</summary>
internal sealed class PullCommand : Command
{
    private const string DefaultEndpoint = "https://huggingface.co";
    private const string EndpointVariable = "HF_ENDPOINT";

    private readonly Argument<string> _model = new("model")
    {
        Description = "The model's id on the hub, e.g. timbrooks/instruct-pix2pix.",
    };

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = $"The hub's address. Default: the variable {EndpointVariable}, else {DefaultEndpoint}.",
        HelpName = "url",
    };

    private readonly Option<string> _revision = new("--revision")
    {
        Description = "Branch, tag or commit.",
        DefaultValueFactory = static _ => "main",
    };

    private readonly Option<string> _output = new("--output", "-o")
    {
        Description = "Folder to download into. Default: models/NAME.",
        HelpName = "folder",
    };

    private readonly Option<string> _variant = new("--variant")
    {
        Description = "Variant of the weights, e.g. fp16 (half the size).",
    };

    private readonly Option<string[]> _include = new("--include")
    {
        Description = "Download exactly the files that match ('*' crosses folders). Repeatable.",
        HelpName = "pattern",
    };

    private readonly Option<string[]> _exclude = new("--exclude")
    {
        Description = "Never download files that match. Repeatable.",
        HelpName = "pattern",
    };

    private readonly Option<string> _tokenVariable = new("--token-env")
    {
        Description =
            "Environment variable that holds the access token; it is sent to the hub alone, never to its storage.",
        DefaultValueFactory = static _ => "HF_TOKEN",
        HelpName = "variable",
    };

    private readonly Option<int> _jobs = new("--jobs")
    {
        Description = "Files downloaded at the same time, 1 to 16.",
        DefaultValueFactory = static _ => 3,
    };

    private readonly Option<bool> _force = new("--force")
    {
        Description = "Replace files in the folder that were not pulled, or were changed since.",
    };

    private readonly Option<bool> _dryRun = new("--dry-run")
    {
        Description = "List the files that would be downloaded, and stop.",
    };

    public PullCommand(Terminal terminal)
        : base("pull", "Download a model from a model hub, resuming and verifying.")
    {
        Add(_model);
        Add(_endpoint);
        Add(_revision);
        Add(_output);
        Add(_variant);
        Add(_include);
        Add(_exclude);
        Add(_tokenVariable);
        Add(_jobs);
        Add(_force);
        Add(_dryRun);
        SetAction(
            async (parse, cancellationToken) =>
            {
                await new ModelPull(Read(parse, terminal), terminal).RunAsync(cancellationToken);
                return ExitCode.Success;
            }
        );
    }

    private PullOptions Read(ParseResult parse, Terminal terminal)
    {
        string endpoint =
            parse.GetValue(_endpoint)
            ?? (Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } set ? set : DefaultEndpoint);
        var address = new HubAddress(endpoint, parse.GetRequiredValue(_model));
        int jobs = parse.GetValue(_jobs);
        if (jobs is < 1 or > 16)
        {
            throw new UsageException($"--jobs must be between 1 and 16, got {jobs}");
        }
        return new PullOptions
        {
            Address = address,
            Revision = parse.GetRequiredValue(_revision),
            Output = parse.GetValue(_output) ?? Path.Combine("models", address.ModelId.Split('/')[^1]),
            Selection = new FileSelection
            {
                Include = parse.GetValue(_include) ?? [],
                Exclude = parse.GetValue(_exclude) ?? [],
                Variant = parse.GetValue(_variant),
            },
            Token = ReadToken(parse.GetRequiredValue(_tokenVariable), address.Endpoint, terminal),
            Jobs = jobs,
            Force = parse.GetValue(_force),
            DryRun = parse.GetValue(_dryRun),
        };
    }

    private static string? ReadToken(string variable, Uri endpoint, Terminal terminal)
    {
        string? token = Environment.GetEnvironmentVariable(variable)?.Trim();
        if (string.IsNullOrEmpty(token))
        {
            return null;
        }
        if (token.Any(static c => char.IsControl(c) || char.IsWhiteSpace(c) || !char.IsAscii(c)))
        {
            throw new UsageException($"The variable {variable} holds no token: it has spaces or control characters");
        }
        if (endpoint.Scheme is "http" && !endpoint.IsLoopback)
        {
            terminal.Error.WriteLine(
                $"note: the token in {variable} is not sent: {endpoint.Host} is reached over plain http"
            );
            return null;
        }
        return token;
    }
}
