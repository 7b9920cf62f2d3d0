using System.CommandLine;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Data.Templates.Rewriting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data rewrite</c>: more phrasings of a task from a chat model.</summary>
internal static class DataRewriteCommand
{
    public static Command Create()
    {
        var task = new Option<string>("--task") { Description = "Whose phrasings.", Required = true };
        task.AcceptOnlyFromAmong([.. TaskTemplates.Placeholders.Keys]);
        var templates = new Option<string>("--templates")
        {
            Description = "Folder of phrasings; the task's file there is extended, or begun with the program's own.",
            Required = true,
        };
        var endpoint = new Option<string>("--endpoint")
        {
            Description = "Base address of an OpenAI-compatible API, e.g. http://localhost:8000/v1.",
            Required = true,
        };
        var model = new Option<string>("--model") { Description = "The model's name there.", Required = true };
        var key = new Option<string>("--key-env")
        {
            Description = "Variable that holds the key; none is sent where it is not set.",
            DefaultValueFactory = _ => "OPENAI_API_KEY",
        };
        var count = new Option<int>("--count") { Description = "Phrasings wanted.", DefaultValueFactory = _ => 40 };
        var cache = new Option<string?>("--cache")
        {
            Description = "Folder for the answers: asked again, the same question costs nothing.",
        };
        var attempts = new Option<int>("--attempts")
        {
            Description = "At each question, when the endpoint fails in passing.",
            DefaultValueFactory = _ => 4,
        };
        var timeout = new Option<int>("--timeout")
        {
            Description = "Of an attempt, seconds.",
            DefaultValueFactory = _ => 120,
        };
        var dry = new Option<bool>("--dry-run") { Description = "Show the first question and ask nothing." };
        DataOptions.RequireAtLeast(1, count, attempts, timeout);
        var command = new Command("rewrite", "Ask a chat model for more phrasings of a task.")
        {
            task,
            templates,
            endpoint,
            model,
            key,
            count,
            cache,
            attempts,
            timeout,
            dry,
        };
        command.SetAction(
            async (parse, stop) =>
            {
                TextWriter console = parse.InvocationConfiguration.Output;
                string name = parse.GetRequiredValue(task);
                string folder = parse.GetRequiredValue(templates);
                InstructionTemplates known = TaskTemplates.Load(name, Directory.Exists(folder) ? folder : null);
                using var chat = new ChatEndpoint(
                    parse.GetRequiredValue(endpoint),
                    Environment.GetEnvironmentVariable(parse.GetValue(key)!) is { Length: > 0 } secret ? secret : null,
                    TimeSpan.FromSeconds(parse.GetValue(timeout)),
                    parse.GetValue(attempts),
                    TimeProvider.System
                );
                var answers = new RewriteCache(parse.GetValue(cache));
                var rewriter = new TemplateRewriter(chat.AskAsync, answers, parse.GetRequiredValue(model));
                if (parse.GetValue(dry))
                {
                    (ChatRequest request, bool isCached) = rewriter.FirstQuestion(name, known, parse.GetValue(count));
                    await console.WriteLineAsync(Encoding.UTF8.GetString(request.ToJson()));
                    await console.WriteLineAsync(isCached ? "(its answer is in the cache)" : "(it was not asked)");
                    return 0;
                }
                RewriteOutcome outcome = await rewriter.RunAsync(name, known, parse.GetValue(count), stop);
                string file = Path.Combine(folder, TaskTemplates.FileOf(name));
                Write(file, new PhrasingFile([.. known.Train, .. outcome.Found], known.HeldOut));
                await console.WriteLineAsync(
                    $"{outcome.Found.Count} new phrasings in {file}; {outcome.Asked} questions asked"
                        + string.Concat(outcome.Refused.Select(refusal => $"; {refusal.Value} refused: {refusal.Key}"))
                );
                return outcome.Found.Count > 0 ? 0 : 1;
            }
        );
        return command;
    }

    private static void Write(string path, PhrasingFile phrasings)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string unfinished = $"{path}.part";
        File.WriteAllBytes(unfinished, JsonSerializer.SerializeToUtf8Bytes(phrasings, JsonFiles.Strict));
        File.Move(unfinished, path, overwrite: true);
    }
}
