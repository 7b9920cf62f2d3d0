using InstructDiffusion.Api;
using InstructDiffusion.Api.Callers;
using Microsoft.Extensions.Options;

try
{
    await ApiHost.Build(args).RunAsync();
    return 0;
}
catch (Exception refusal) when (refusal is StartRefusedException or OptionsValidationException)
{
    // What the operator has to change, without a stack trace around it.
    await Console.Error.WriteLineAsync(refusal.Message);
    return 1;
}
