using System.CommandLine;
using InstructDiffusion.Server.Load.Servers;

namespace InstructDiffusion.Server.Load.Commands;

/// <summary><c>serve</c>: the server with a fake engine of known speed, to be put under load by another process.</summary>
internal sealed class ServeCommand : Command
{
    private readonly Option<int> _port = new("--port")
    {
        Description = "Port on the loopback interface.",
        DefaultValueFactory = _ => 5099,
    };
    private readonly Option<double> _step = LoadOptions.StepMs();
    private readonly Option<double> _row = LoadOptions.RowMs();
    private readonly Option<double> _prepare = LoadOptions.PrepareMs();
    private readonly Option<double> _finish = LoadOptions.FinishMs();
    private readonly Option<string[]> _settings = LoadOptions.Settings();

    public ServeCommand()
        : base("serve", "Serve a fake engine of known speed until stopped.")
    {
        Add(_port);
        Add(_step);
        Add(_row);
        Add(_prepare);
        Add(_finish);
        Add(_settings);
        SetAction(ServeAsync);
    }

    private async Task<int> ServeAsync(ParseResult parse, CancellationToken cancellationToken)
    {
        await using FakeServer server = await FakeServer.StartAsync(
            LoadOptions.SpeedOf(parse, _step, _row, _prepare, _finish),
            $"http://127.0.0.1:{parse.GetValue(_port)}",
            LoadOptions.SettingsOf(parse.GetValue(_settings)),
            cancellationToken
        );
        await parse.InvocationConfiguration.Output.WriteLineAsync($"serving at {server.Address}");
        await server.WaitAsync(cancellationToken);
        return 0;
    }
}
