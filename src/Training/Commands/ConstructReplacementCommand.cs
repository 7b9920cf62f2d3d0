using System.CommandLine;
using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Replacement;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct replace</c>: regions exchanged for what is like them.</summary>
internal sealed class ConstructReplacementCommand
{
    private const string Paste = "paste";
    private const string Example = "paint_by_example";

    private readonly Option<string> _queries = ConstructOptions.Folder(
        "--queries",
        "What is replaced: a folder of 'construct features'."
    );

    private readonly Option<string> _pictures = ConstructOptions.Pictures();

    private readonly Option<string> _gallery = ConstructOptions.Folder(
        "--gallery",
        "By what: a folder of 'construct features'."
    );

    private readonly Option<string> _galleryPictures = ConstructOptions.Folder(
        "--gallery-pictures",
        "Folder of the gallery's pictures."
    );

    private readonly Option<string> _painter = new Option<string>("--painter")
    {
        Description = $"{Example}: Paint-by-Example; {Paste}: no model, the neighbour's own pixels, which stands in.",
        Required = true,
    }.AcceptOnlyFromAmong(Paste, Example);

    private readonly Option<string?> _model = new("--model")
    {
        Description = "Fantasy-Studio/Paint-by-Example's folder.",
        HelpName = "folder",
    };

    private readonly Option<int> _neighbours = ConstructOptions.AtLeast(
        1,
        "--neighbours",
        "Usable neighbours that one is drawn from.",
        5
    );

    private readonly Option<double> _similar = ConstructOptions.Between(
        -1,
        1,
        "--most-similar",
        "Largest cosine of a neighbour.",
        0.95
    );

    private readonly Option<int> _lists = ConstructOptions.AtLeast(
        0,
        "--lists",
        "Groups of the approximate index; 0: exact search.",
        0
    );

    private readonly Option<int> _probes = ConstructOptions.AtLeast(
        1,
        "--probes",
        "Groups that a search looks into.",
        8
    );

    private readonly Option<int> _side = ConstructOptions.Side();
    private readonly Option<int> _dilation = ConstructOptions.Dilation();
    private readonly Option<string?> _templates = ConstructOptions.Templates();
    private readonly Option<long> _seed = ConstructOptions.Seed();
    private readonly Option<string> _device = ConstructOptions.Device();
    private readonly ConstructOptions.Painting _painting = new(guidance: 5, sampler: "plms");
    private readonly StageOptions _stage = new(workers: 1);

    public static Command Create()
    {
        var verb = new ConstructReplacementCommand();
        var command = new Command("replace", "Exchange regions for near ones of a collection: pairs of replacement.")
        {
            verb._queries,
            verb._pictures,
            verb._gallery,
            verb._galleryPictures,
            verb._painter,
            verb._model,
            verb._neighbours,
            verb._similar,
            verb._lists,
            verb._probes,
            verb._side,
            verb._dilation,
            verb._templates,
            verb._seed,
            verb._device,
        };
        verb._painting.AddTo(command);
        verb._stage.AddTo(command);
        command.SetAction((parse, stop) => Task.Run(() => verb.Run(parse, stop), CancellationToken.None));
        return command;
    }

    private int Run(ParseResult parse, CancellationToken stop)
    {
        bool isPaste = parse.GetRequiredValue(_painter) is Paste;
        string? path = parse.GetValue(_model);
        if ((path is null) != isPaste)
        {
            throw new RecipeException(
                isPaste ? "--model: --painter paste has none" : "--model: --painter paint_by_example needs one"
            );
        }
        if (isPaste)
        {
            return Run(parse, new ClassicalPaste(), stop);
        }
        using ExemplarInpainter opened = InpaintingLoader.OpenExemplar(path!, parse.GetValue(_device)!, stop);
        ModelNote note = ConstructOptions.NoteOf("painter", path!, stop);
        return Run(parse, new PaintByExample(opened, note, _painting.Of(parse)), stop);
    }

    private int Run(ParseResult parse, IExemplarPainter painter, CancellationToken stop)
    {
        var options = new ReplacementOptions
        {
            LongestSide = parse.GetValue(_side),
            Dilation = parse.GetValue(_dilation),
            Neighbours = parse.GetValue(_neighbours),
            MostSimilar = parse.GetValue(_similar),
            Lists = parse.GetValue(_lists),
            Probes = parse.GetValue(_probes),
            Templates = parse.GetValue(_templates),
        };
        RegionCollection from = Open(parse, _queries, _pictures);
        RegionCollection to = Open(parse, _gallery, _galleryPictures);
        return _stage.Run(parse, new ReplacementStage(from, to, painter, options, parse.GetValue(_seed), stop), stop);
    }

    private static RegionCollection Open(ParseResult parse, Option<string> folder, Option<string> pictures) =>
        new(ShardSet.Open(parse.GetRequiredValue(folder)), new SourcePictures(parse.GetRequiredValue(pictures)));
}
