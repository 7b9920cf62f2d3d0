using System.CommandLine;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Templates;
using InstructDiffusion.Training.Data.Templates.Rewriting;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>data rewrite</c>: more phrasings of a task from a chat model.</summary>
internal sealed class DataRewriteCommand
{
    private readonly Option<string> _task = new("--task") { Description = "Whose phrasings.", Required = true };

    private readonly Option<string> _templates = new("--templates")
    {
        Description = "Folder of phrasings; the task's file there is extended, or begun with the program's own.",
        Required = true,
    };

    private readonly Option<string> _endpoint = new("--endpoint")
    {
        Description = "Base address of an OpenAI-compatible API, e.g. http://localhost:8000/v1.",
        Required = true,
    };

    private readonly Option<string> _model = new("--model")
    {
        Description = "The model's name there.",
        Required = true,
    };

    private readonly Option<string> _key = new("--key-env")
    {
        Description = "Variable that holds the key; none is sent where it is not set.",
        DefaultValueFactory = _ => "OPENAI_API_KEY",
    };

    private readonly Option<int> _count = new("--count")
    {
        Description = "Phrasings wanted.",
        DefaultValueFactory = _ => 40,
    };

    private readonly Option<string?> _cache = new("--cache")
    {
        Description = "Folder for the answers: asked again, the same question costs nothing.",
    };

    private readonly Option<int> _attempts = new("--attempts")
    {
        Description = "At each question, when the endpoint fails in passing.",
        DefaultValueFactory = _ => 4,
    };

    private readonly Option<int> _timeout = new("--timeout")
    {
        Description = "Of an attempt, seconds.",
        DefaultValueFactory = _ => 120,
    };

    private readonly Option<bool> _dry = new("--dry-run") { Description = "Show the first question and ask nothing." };

    /// <summary>The verb.</summary>
    public static Command Create() => new DataRewriteCommand().Build();

    private Command Build()
    {
        _task.AcceptOnlyFromAmong([.. TaskTemplates.Placeholders.Keys]);
        DataOptions.RequireAtLeast(1, _count, _attempts, _timeout);
        var command = new Command("rewrite", "Ask a chat model for more phrasings of a task.")
        {
            _task,
            _templates,
            _endpoint,
            _model,
            _key,
            _count,
            _cache,
            _attempts,
            _timeout,
            _dry,
        };
        command.SetAction(RunAsync);
        return command;
    }

    private async Task<int> RunAsync(ParseResult parse, CancellationToken stop)
    {
        TextWriter console = parse.InvocationConfiguration.Output;
        string task = parse.GetRequiredValue(_task);
        string folder = parse.GetRequiredValue(_templates);
        int wanted = parse.GetValue(_count);
        InstructionTemplates known = TaskTemplates.Load(task, Directory.Exists(folder) ? folder : null);
        string? key = Environment.GetEnvironmentVariable(parse.GetValue(_key)!);
        using var chat = new ChatEndpoint(
            parse.GetRequiredValue(_endpoint),
            string.IsNullOrEmpty(key) ? null : key,
            TimeSpan.FromSeconds(parse.GetValue(_timeout)),
            parse.GetValue(_attempts),
            TimeProvider.System
        );
        var answers = new RewriteCache(parse.GetValue(_cache));
        var rewriter = new TemplateRewriter(chat.AskAsync, answers, parse.GetRequiredValue(_model));
        if (parse.GetValue(_dry))
        {
            (ChatRequest request, bool isCached) = rewriter.FirstQuestion(task, known, wanted);
            await console.WriteLineAsync(Encoding.UTF8.GetString(request.ToJson()));
            await console.WriteLineAsync(isCached ? "(its answer is in the cache)" : "(it was not asked)");
            return 0;
        }
        RewriteOutcome outcome = await rewriter.RunAsync(task, known, wanted, stop);
        string file = Path.Combine(folder, TaskTemplates.FileOf(task));
        Write(file, new PhrasingFile([.. known.Train, .. outcome.Found], known.HeldOut));
        await console.WriteLineAsync(
            $"{outcome.Found.Count} new phrasings in {file}; {outcome.Asked} questions asked"
                + string.Concat(outcome.Refused.Select(refusal => $"; {refusal.Value} refused: {refusal.Key}"))
        );
        return outcome.Found.Count > 0 ? 0 : 1;
    }

    private static void Write(string path, PhrasingFile phrasings)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        string unfinished = $"{path}.part";
        File.WriteAllBytes(unfinished, JsonSerializer.SerializeToUtf8Bytes(phrasings, JsonFiles.Strict));
        File.Move(unfinished, path, overwrite: true);
    }
}
