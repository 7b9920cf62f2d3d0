using System.CommandLine;

namespace InstructDiffusion.Cli.Pull;

/// <summary><c>pull</c>: downloads a model from a hub.</summary>
internal static class PullCommand
{
    private const string DefaultEndpoint = "https://huggingface.co";
    private const string EndpointVariable = "HF_ENDPOINT";

    private static readonly Argument<string> Model = new("model")
    {
        Description = "The model's id on the hub, e.g. timbrooks/instruct-pix2pix.",
    };

    private static readonly Option<string> Endpoint = new("--endpoint")
    {
        Description = $"The hub's address. Default: the variable {EndpointVariable}, else {DefaultEndpoint}.",
        HelpName = "url",
    };

    private static readonly Option<string> Revision = new("--revision")
    {
        Description = "Branch, tag or commit.",
        DefaultValueFactory = static _ => "main",
    };

    private static readonly Option<string> Output = new("--output", "-o")
    {
        Description = "Folder to download into. Default: models/NAME.",
        HelpName = "folder",
    };

    private static readonly Option<string> Variant = new("--variant")
    {
        Description = "Variant of the weights, e.g. fp16 (half the size).",
    };

    private static readonly Option<string[]> Include = new("--include")
    {
        Description = "Download exactly the files that match ('*' crosses folders). Repeatable.",
        HelpName = "pattern",
    };

    private static readonly Option<string[]> Exclude = new("--exclude")
    {
        Description = "Never download files that match. Repeatable.",
        HelpName = "pattern",
    };

    private static readonly Option<string> TokenVariable = new("--token-env")
    {
        Description =
            "Environment variable that holds the access token; it is sent to the hub alone, never to its storage.",
        DefaultValueFactory = static _ => "HF_TOKEN",
        HelpName = "variable",
    };

    private static readonly Option<int> Jobs = new("--jobs")
    {
        Description = "Files downloaded at the same time, 1 to 16.",
        DefaultValueFactory = static _ => 3,
    };

    private static readonly Option<bool> Force = new("--force")
    {
        Description = "Replace files in the folder that were not pulled, or were changed since.",
    };

    private static readonly Option<bool> DryRun = new("--dry-run")
    {
        Description = "List the files that would be downloaded, and stop.",
    };

    public static Command Create(Terminal terminal)
    {
        var command = new Command("pull", "Download a model from a model hub, resuming and verifying.")
        {
            Model,
            Endpoint,
            Revision,
            Output,
            Variant,
            Include,
            Exclude,
            TokenVariable,
            Jobs,
            Force,
            DryRun,
        };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                await new ModelPull(Read(parse, terminal), terminal).RunAsync(cancellationToken);
                return ExitCode.Success;
            }
        );
        return command;
    }

    private static PullOptions Read(ParseResult parse, Terminal terminal)
    {
        string endpoint =
            parse.GetValue(Endpoint)
            ?? (Environment.GetEnvironmentVariable(EndpointVariable) is { Length: > 0 } set ? set : DefaultEndpoint);
        var address = new HubAddress(endpoint, parse.GetRequiredValue(Model));
        int jobs = parse.GetValue(Jobs);
        if (jobs is < 1 or > 16)
        {
            throw new UsageException($"--jobs must be between 1 and 16, got {jobs}");
        }
        return new PullOptions
        {
            Address = address,
            Revision = parse.GetRequiredValue(Revision),
            Output = parse.GetValue(Output) ?? Path.Combine("models", address.ModelId.Split('/')[^1]),
            Selection = new FileSelection
            {
                Include = parse.GetValue(Include) ?? [],
                Exclude = parse.GetValue(Exclude) ?? [],
                Variant = parse.GetValue(Variant),
            },
            Token = ReadToken(parse.GetRequiredValue(TokenVariable), address.Endpoint, terminal),
            Jobs = jobs,
            Force = parse.GetValue(Force),
            DryRun = parse.GetValue(DryRun),
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
