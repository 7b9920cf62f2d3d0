using System.Text;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>The pictures of the demo data and their licences, as a Markdown page.</summary>
internal static class LicenceList
{
    public static string Of(DemoFolder folder)
    {
        var text = new StringBuilder();
        text.Append("# Pictures of the demo data\n\n");
        text.Append("Written by `training data demo --licences`. The pictures themselves are not in this repository: ");
        text.Append("`eng/demo-sources` fetches the packages, `training data demo` builds the data from them.\n\n");
        text.Append("```\neng/demo-sources SOURCES\ntraining data demo --sources SOURCES --out DATA\n");
        text.Append("training data check DATA\ntraining data preview --data DATA --out sheet.png\n```\n\n");
        text.Append(
            "The phrasings of each task lie in `DATA/templates/*.json` and may be extended: they decide words, "
        );
        text.Append("never pixels.\n\n");
        text.Append("## Objects\n\n");
        text.Append($"{folder.Manifest.Glyphs} cut-outs of {folder.Manifest.Nouns} things from the npm package ");
        text.Append("`emoji-datasource-google` 16.0.0 (MIT); the drawings are Google's Noto Color Emoji ");
        text.Append("(pictures: Apache-2.0). **Bold**: held out.\n\n| noun | pictures |\n|---|---|\n");
        foreach (DemoNoun noun in folder.Nouns)
        {
            IEnumerable<string> names = noun.Glyphs.Select(glyph => glyph.HeldOut ? $"**{glyph.Name}**" : glyph.Name);
            text.Append($"| {noun.Noun} | {string.Join(", ", names)} |\n");
        }
        text.Append("\n## Photographs\n\nAuthor and licence as the package states them.\n\n");
        text.Append(
            "| photograph | package | file | author | licence | from | held out |\n|---|---|---|---|---|---|---|\n"
        );
        foreach (DemoPhotograph photograph in folder.Photographs)
        {
            string file = photograph.Entry ?? photograph.Path;
            string origin = photograph.Origin is { } link ? $"<{link}>" : "";
            string heldOut = photograph.HeldOut ? "yes" : "";
            text.Append(
                $"| {photograph.Name} | {photograph.Package} | {Path.GetFileName(file)} | {photograph.Author} "
            );
            text.Append($"| {photograph.Licence} | {origin} | {heldOut} |\n");
        }
        return text.ToString();
    }
}
