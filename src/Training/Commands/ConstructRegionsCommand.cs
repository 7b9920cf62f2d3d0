using System.CommandLine;
using InstructDiffusion.Training.Construction.Regions;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct regions</c> and <c>construct segment</c>: parts of pictures that have a name.</summary>
internal static class ConstructRegionsCommand
{
    /// <summary>From annotations.</summary>
    public static Command Annotated()
    {
        var annotations = new Option<string>("--annotations")
        {
            Description = "A file of PhraseCut's form: phrases with polygons or boxes.",
            HelpName = "file",
            Required = true,
        };
        var shared = new Shared();
        var stage = new StageOptions(Environment.ProcessorCount);
        var command = new Command("regions", "Take regions from annotations of PhraseCut's form.") { annotations };
        shared.AddTo(command);
        stage.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                        stage.Run(
                            parse,
                            new AnnotatedRegions(
                                parse.GetRequiredValue(annotations),
                                shared.Pictures(parse),
                                shared.Options(parse),
                                stop
                            ),
                            stop
                        ),
                    CancellationToken.None
                )
        );
        return command;
    }

    /// <summary>By a segmenter.</summary>
    public static Command Segmented()
    {
        var list = new Option<string>("--list")
        {
            Description = "JSON lines {\"image\", \"phrase\"} with optional \"name\", the phrase's noun.",
            HelpName = "file",
            Required = true,
        };
        Option<string> model = ConstructOptions.Folder(
            "--clipseg",
            "A CLIPSeg, e.g. CIDAS/clipseg-rd64-refined's folder."
        );
        Option<int> side = ConstructOptions.AtLeast(1, "--segmenter-side", "Side of the squares it sees, pixels.", 352);
        Option<double> certainty = ConstructOptions.Between(
            0,
            1,
            "--certainty",
            "From which certainty on a pixel is in.",
            0.4
        );
        Option<string> device = ConstructOptions.Device();
        var shared = new Shared();
        var stage = new StageOptions(workers: 1);
        var command = new Command("segment", "Find regions by their phrases, with CLIPSeg.")
        {
            list,
            model,
            side,
            certainty,
            device,
        };
        shared.AddTo(command);
        stage.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                    {
                        using var segmenter = new ClipSegSegmenter(
                            parse.GetRequiredValue(model),
                            parse.GetValue(device)!,
                            parse.GetValue(side),
                            stop
                        );
                        var regions = new SegmentedRegions(
                            parse.GetRequiredValue(list),
                            shared.Pictures(parse),
                            segmenter,
                            parse.GetValue(certainty),
                            shared.Options(parse)
                        );
                        return stage.Run(parse, regions, stop);
                    },
                    CancellationToken.None
                )
        );
        return command;
    }

    private sealed class Shared
    {
        private readonly Option<string> _pictures = ConstructOptions.Folder("--pictures", "Folder of the pictures.");

        private readonly Option<string?> _licence = new("--licence")
        {
            Description = $"Of pictures that {SourcePictures.AttributionsFile} does not name.",
        };

        private readonly Option<double> _leastArea = ConstructOptions.Between(
            0,
            1,
            "--least-area",
            "Smallest part of the picture that a region has.",
            0.005
        );

        private readonly Option<double> _mostArea = ConstructOptions.Between(
            0,
            1,
            "--most-area",
            "Largest part of the picture that a region has.",
            0.5
        );

        public void AddTo(Command command)
        {
            command.Add(_pictures);
            command.Add(_licence);
            command.Add(_leastArea);
            command.Add(_mostArea);
        }

        public SourcePictures Pictures(ParseResult parse) =>
            new(parse.GetRequiredValue(_pictures), parse.GetValue(_licence));

        public RegionOptions Options(ParseResult parse) =>
            new() { LeastArea = parse.GetValue(_leastArea), MostArea = parse.GetValue(_mostArea) };
    }
}
