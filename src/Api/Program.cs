using InstructDiffusion.Api;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Documentation;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Hosting;
using InstructDiffusion.Api.Routes;

// The settings lie beside the program, wherever it is started from.
var builder = WebApplication.CreateBuilder(
    new WebApplicationOptions { Args = args, ContentRootPath = AppContext.BaseDirectory }
);

builder.AddValidatedOptions();
builder.Services.ConfigureHttpJsonOptions(json => ApiJson.Configure(json.SerializerOptions));
builder.Services.AddProblems();
builder.Services.AddEngine();
builder.Services.AddDocumentation();

WebApplication app = builder.Build();

app.UseMiddleware<EditRequestLog>();
app.UseProblems();
app.MapEdits();
app.MapModels();
app.MapHealth();
app.MapProblems();
app.MapDocumentation();

await app.RunAsync();
