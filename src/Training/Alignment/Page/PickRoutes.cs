using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace InstructDiffusion.Training.Alignment.Page;

/// <summary>The page's addresses: its own files, the list, the items, their pictures, the answers, the export.</summary>
/// <param name="session">What it shows.</param>
internal sealed class PickRoutes(PickSession session)
{
    private static readonly (string Address, string File, string Type)[] Files =
    [
        ("/", "page.html", "text/html; charset=utf-8"),
        ("/page.css", "page.css", "text/css; charset=utf-8"),
        ("/page.js", "page.js", "text/javascript; charset=utf-8"),
        ("/server.js", "server.js", "text/javascript; charset=utf-8"),
    ];

    public void Map(IEndpointRouteBuilder routes)
    {
        foreach ((string address, string file, string type) in Files)
        {
            byte[] content = ReadEmbedded(file);
            routes.MapGet(address, () => Results.Bytes(content, type));
        }
        routes.MapGet("/state", State);
        routes.MapGet("/items/{id}", Item);
        routes.MapPut("/items/{id}/answer", AnswerAsync);
        routes.MapGet("/pictures/{id}/{file}", Picture);
        routes.MapGet("/picks.json", Export);
    }

    private IResult State(string? annotator)
    {
        if (RefusePerson(annotator) is { } refusal)
        {
            return refusal;
        }
        var given = session.BookOf(annotator!).Given.ToDictionary(answer => answer.Item, StringComparer.Ordinal);
        return Json(
            new PageText.State(
                session.Limit,
                [.. session.Items.Select(id => new PageText.ItemState(id, given.GetValueOrDefault(id)?.Chosen))]
            )
        );
    }

    private IResult Item(string id) =>
        session.Find(id) is { } item
            ? Json(new PageText.ItemView(item.Id, item.Instruction, PickSession.Shuffled(item)))
            : Refuse(StatusCodes.Status404NotFound, $"There is no item '{id}'.");

    private async Task<IResult> AnswerAsync(string id, string? annotator, HttpRequest request)
    {
        if (RefusePerson(annotator) is { } refusal)
        {
            return refusal;
        }
        if (session.Find(id) is not { } item)
        {
            return Refuse(StatusCodes.Status404NotFound, $"There is no item '{id}'.");
        }
        if (!request.HasJsonContentType())
        {
            return Refuse(StatusCodes.Status415UnsupportedMediaType, "Content-Type: expected application/json.");
        }
        IReadOnlyList<string> chosen;
        try
        {
            PageText.GivenAnswer? answer = await JsonSerializer.DeserializeAsync<PageText.GivenAnswer>(
                request.Body,
                AlignmentJson.Options,
                request.HttpContext.RequestAborted
            );
            chosen = answer?.Chosen ?? throw new JsonException("expected an object with 'chosen'");
        }
        catch (JsonException e)
        {
            return Refuse(StatusCodes.Status400BadRequest, e.Message);
        }
        if (chosen.Count > session.Limit || chosen.Distinct(StringComparer.Ordinal).Count() != chosen.Count)
        {
            return Refuse(
                StatusCodes.Status400BadRequest,
                $"chosen: expected at most {session.Limit} different pictures, got {chosen.Count}."
            );
        }
        var files = item.Candidates.Select(candidate => candidate.File).ToHashSet(StringComparer.Ordinal);
        if (!chosen.All(files.Contains))
        {
            return Refuse(StatusCodes.Status400BadRequest, $"chosen: item {id} has no such candidate.");
        }
        session.BookOf(annotator!).Record(new Answer { Item = id, Chosen = chosen });
        return Results.NoContent();
    }

    private IResult Picture(string id, string file)
    {
        bool isThere =
            session.Find(id) is { } item
            && (
                string.Equals(file, CandidateFolder.SourceFile, StringComparison.Ordinal)
                || item.Candidates.Any(candidate => string.Equals(candidate.File, file, StringComparison.Ordinal))
            );
        return isThere
            ? Results.File(Path.GetFullPath(session.Folder.FileOf(id, file)), "image/png")
            : Refuse(StatusCodes.Status404NotFound, "There is no such picture.");
    }

    private IResult Export()
    {
        Picks picks = new PicksExport(session.Folder).Gather(least: 1);
        return Results.File(
            JsonSerializer.SerializeToUtf8Bytes(picks, AlignmentJson.Options),
            "application/json",
            PicksExport.FileName
        );
    }

    private static IResult? RefusePerson(string? annotator) =>
        annotator is not null && Picker.IsValidName(annotator)
            ? null
            : Refuse(
                StatusCodes.Status400BadRequest,
                $"annotator: expected a name of 1 to {Picker.MaxName} characters."
            );

    private static IResult Json<T>(T value) => Results.Json(value, AlignmentJson.Options);

    private static IResult Refuse(int status, string error) =>
        Results.Json(new PageText.Refusal(error), AlignmentJson.Options, statusCode: status);

    private static byte[] ReadEmbedded(string name)
    {
        using Stream stream =
            typeof(PickRoutes).Assembly.GetManifestResourceStream(name)
            ?? throw new InvalidOperationException($"The training host was built without {name}");
        using var content = new MemoryStream();
        stream.CopyTo(content);
        return content.ToArray();
    }
}
