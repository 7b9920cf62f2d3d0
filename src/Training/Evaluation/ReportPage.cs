using System.Globalization;
using System.Net;
using System.Text;

namespace InstructDiffusion.Training.Evaluation;

/// <summary>
/// A report for people, written once as Markdown, whose pictures lie beside it, and once as one HTML file that holds its pictures and needs
/// nothing else: no script, no address.
/// </summary>
/// <param name="title">Its heading.</param>
internal sealed class ReportPage(string title)
{
    private const string Style =
        "body{font:15px/1.5 system-ui,sans-serif;max-width:76rem;margin:2rem auto;padding:0 1rem;color:#1a1a1a;background:#fff}"
        + "table{border-collapse:collapse;display:block;overflow-x:auto}th,td{border:1px solid #ccc;padding:.3rem .6rem;text-align:left}"
        + "th{background:#f3f3f3}figure{display:inline-block;margin:.5rem;vertical-align:top;max-width:100%}"
        + "img{max-width:100%;image-rendering:auto}figcaption{max-width:40rem;font-size:.85rem;overflow-wrap:anywhere}";

    private readonly StringBuilder _markdown = new StringBuilder().Append(
        CultureInfo.InvariantCulture,
        $"# {Plain(title)}\n"
    );
    private readonly StringBuilder _body = new StringBuilder().Append(
        CultureInfo.InvariantCulture,
        $"<h1>{Html(title)}</h1>\n"
    );

    /// <summary>The report as Markdown.</summary>
    public string Markdown => _markdown.ToString();

    /// <summary>The report as one HTML file.</summary>
    public string Page =>
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
        + "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
        + "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; style-src 'unsafe-inline'\">\n"
        + $"<title>{Html(title)}</title>\n<style>{Style}</style>\n</head>\n<body>\n{_body}</body>\n</html>\n";

    /// <summary>Adds a heading.</summary>
    public void Heading(string text)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n## {Plain(text)}\n");
        _body.Append(CultureInfo.InvariantCulture, $"<h2>{Html(text)}</h2>\n");
    }

    /// <summary>Adds a paragraph.</summary>
    public void Text(string text)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n{Plain(text)}\n");
        _body.Append(CultureInfo.InvariantCulture, $"<p>{Html(text)}</p>\n");
    }

    /// <summary>Adds a table.</summary>
    /// <param name="head">Its columns.</param>
    /// <param name="rows">As many cells each.</param>
    public void Table(IReadOnlyList<string> head, IEnumerable<IReadOnlyList<string>> rows)
    {
        _markdown.Append(CultureInfo.InvariantCulture, $"\n| {string.Join(" | ", head.Select(Plain))} |\n");
        _markdown.Append(CultureInfo.InvariantCulture, $"|{string.Concat(head.Select(_ => " --- |"))}\n");
        _body.Append(CultureInfo.InvariantCulture, $"<table>\n<tr>{Cells("th", head)}</tr>\n");
        foreach (IReadOnlyList<string> row in rows)
        {
            _markdown.Append(CultureInfo.InvariantCulture, $"| {string.Join(" | ", row.Select(Plain))} |\n");
            _body.Append(CultureInfo.InvariantCulture, $"<tr>{Cells("td", row)}</tr>\n");
        }
        _body.Append("</table>\n");
    }

    /// <summary>Adds pictures with their captions.</summary>
    /// <param name="text">What they show; nothing is added without pictures.</param>
    /// <param name="pictures">Them.</param>
    public void Pictures(string text, IReadOnlyList<ReportPicture> pictures)
    {
        if (pictures.Count == 0)
        {
            return;
        }
        Text(text);
        foreach (ReportPicture picture in pictures)
        {
            _markdown.Append(CultureInfo.InvariantCulture, $"\n![]({picture.Name})\n\n{Plain(picture.Caption)}\n");
            _body.Append(
                CultureInfo.InvariantCulture,
                $"<figure><img alt=\"{Html(picture.Caption)}\" src=\"data:image/png;base64,{Convert.ToBase64String(picture.Png)}\">"
            );
            _body.Append(CultureInfo.InvariantCulture, $"<figcaption>{Html(picture.Caption)}</figcaption></figure>\n");
        }
    }

    private static string Cells(string tag, IEnumerable<string> cells) =>
        string.Concat(cells.Select(cell => $"<{tag}>{Html(cell)}</{tag}>"));

    private static string Html(string text) => WebUtility.HtmlEncode(text);

    // Instructions and captions are others' words, and must not become markup.
    private static string Plain(string text)
    {
        var plain = new StringBuilder(text.Length);
        foreach (char letter in text)
        {
            if (letter is '\\' or '`' or '*' or '[' or ']' or '<' or '>' or '|' or '#')
            {
                plain.Append('\\');
            }
            plain.Append(char.IsControl(letter) ? ' ' : letter);
        }
        return plain.ToString();
    }
}

/// <summary>A picture of a report.</summary>
/// <param name="Name">Its file, relative to the report.</param>
/// <param name="Png">The file.</param>
/// <param name="Caption">What it shows.</param>
internal sealed record ReportPicture(string Name, byte[] Png, string Caption);
