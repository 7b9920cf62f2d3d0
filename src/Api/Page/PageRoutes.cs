using Microsoft.Extensions.Primitives;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Page;

/// <summary>GET /: the page for people, and the files it is made of.</summary>
internal static class PageRoutes
{
    private static readonly string[] Methods = [HttpMethods.Get, HttpMethods.Head];

    public static void MapPage(this IEndpointRouteBuilder routes)
    {
        var files = PageFiles.Load();
        routes.MapMethods("/", Methods, (HttpContext http) => Send(http, files.Start, isKept: false)).AsPage();
        routes
            .MapMethods(
                "/page/{version}/{**path}",
                Methods,
                (HttpContext http, string version, string path) =>
                    files.Find(path) is { } file
                        // A page that another version of the server sent still gets files, which nobody may keep under that name.
                        ? Send(http, file, isKept: version.Equals(files.Version, StringComparison.Ordinal))
                        : Results.NotFound()
            )
            .AsPage();
    }

    // Open to everyone: it holds nothing but what is published, and asks for the key itself.
    private static void AsPage(this RouteHandlerBuilder route) => route.AllowAnonymous().ExcludeFromDescription();

    private static IResult Send(HttpContext http, PageFile file, bool isKept)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.CacheControl = isKept ? "public, max-age=31536000, immutable" : "no-cache";
        if (file.Compressed is null)
        {
            return Results.Bytes(file.Content, file.ContentType, entityTag: file.ETag);
        }
        headers.Vary = HeaderNames.AcceptEncoding;
        if (!AcceptsGzip(http.Request.Headers.AcceptEncoding))
        {
            return Results.Bytes(file.Content, file.ContentType, entityTag: file.ETag);
        }
        headers.ContentEncoding = "gzip";
        return Results.Bytes(file.Compressed, file.ContentType, entityTag: file.CompressedETag);
    }

    private static bool AcceptsGzip(StringValues header) =>
        StringWithQualityHeaderValue.TryParseList(header, out IList<StringWithQualityHeaderValue>? wishes)
        && wishes.Any(wish => wish.Value.Equals("gzip", StringComparison.OrdinalIgnoreCase) && wish.Quality is not 0);
}
