using System.CommandLine;
using InstructDiffusion.Training.Alignment;
using InstructDiffusion.Training.Alignment.Page;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>align pick</c>: a page on this machine where people choose.</summary>
internal static class AlignPickCommand
{
    private const int DefaultPort = 5090;

    public static Command Create()
    {
        Option<string> directory = AlignCommand.DirectoryOption();
        Option<int> limit = AlignCommand.LimitOption();
        var port = new Option<int>("--port")
        {
            Description = "Port on 127.0.0.1; 0 for any free one.",
            HelpName = "number",
            DefaultValueFactory = static _ => DefaultPort,
        };
        port.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() is < 0 or > ushort.MaxValue)
            {
                result.AddError($"--port must be between 0 and {ushort.MaxValue}");
            }
        });
        var command = new Command("pick", "Show the candidates on a page of this machine, until Ctrl-C.")
        {
            directory,
            limit,
            port,
        };
        command.SetAction(
            async (parse, cancellationToken) =>
            {
                var folder = new CandidateFolder(parse.GetRequiredValue(directory));
                var session = new PickSession(folder, parse.GetValue(limit));
                TextWriter error = parse.InvocationConfiguration.Error;
                await error.WriteLineAsync($"{session.Items.Count} items to pick from");
                await using PickServer server = await PickServer.StartAsync(
                    session,
                    parse.GetValue(port),
                    cancellationToken
                );
                await parse.InvocationConfiguration.Output.WriteLineAsync(server.Address.ToString());
                await error.WriteLineAsync("Open it in a browser; every answer is kept at once. Ctrl-C ends.");
                // Ctrl-C is how this verb ends well: nothing is lost, so it is no failure.
                await Task.Delay(Timeout.Infinite, cancellationToken)
                    .ContinueWith(static _ => { }, TaskScheduler.Default);
                return 0;
            }
        );
        return command;
    }
}
