using InstructDiffusion.Api.Errors;

namespace InstructDiffusion.Api.OpenAi;

/// <summary>Writes every error of the addresses that OpenAI has too, ours and the framework's, as OpenAI does.</summary>
internal sealed class OpenAiErrorWriter : IProblemDetailsWriter
{
    public bool CanWrite(ProblemDetailsContext context) => OpenAiSetup.Speaks(context.HttpContext.Request.Path);

    public async ValueTask WriteAsync(ProblemDetailsContext context)
    {
        HttpContext http = context.HttpContext;
        ApiException error = ProblemWriter.ErrorOf(context);
        http.Response.StatusCode = error.Kind.Status;
        http.Response.Headers.CacheControl = "no-store";
        await http.Response.WriteAsJsonAsync(OpenAiErrorBody.Of(error), ApiJson.Options, http.RequestAborted);
    }
}
