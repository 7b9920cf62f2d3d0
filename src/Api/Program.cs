using InstructDiffusion.Api;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Native;
using Microsoft.Extensions.Options;

try
{
    WebApplication app = ApiHost.Build(args);
    using var signals = new StopSignals(app.Services.GetRequiredService<EngineHost>().Hurry);
    EngineLoop engine = app.Services.GetRequiredService<EngineLoop>();
    await app.RunAsync();
    if (!engine.HasEnded)
    {
        ProcessExit.Now(0);
    }
    return 0;
}
catch (Exception refusal) when (refusal is StartRefusedException or OptionsValidationException)
{
    // What the operator has to change, without a stack trace around it.
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}
