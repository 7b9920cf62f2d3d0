using System.CommandLine;
using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Training.Construction.Inpainting;
using InstructDiffusion.Training.Construction.Regions;
using InstructDiffusion.Training.Construction.Removal;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct remove</c>: regions become pairs of removal and addition.</summary>
internal sealed class ConstructRemovalCommand
{
    private const string Fill = "fill";
    private const string Latent = "latent";
    private const string Lama = "lama";

    private readonly Option<string> _regions = ConstructOptions.Regions();
    private readonly Option<string> _pictures = ConstructOptions.Pictures();

    private readonly Option<string> _inpainter = new Option<string>("--inpainter")
    {
        Description =
            $"{Latent}: a 9-channel diffusion model; {Lama}: an ONNX file; {Fill}: no model, a smooth fill that stands in.",
        Required = true,
    }.AcceptOnlyFromAmong(Fill, Latent, Lama);

    private readonly Option<string?> _model = new("--model")
    {
        Description = "The model's folder or file.",
        HelpName = "path",
    };

    private readonly Option<string> _prompt = new("--prompt")
    {
        Description = "What may be seen in the region; what is to go is the negative prompt.",
        DefaultValueFactory = _ => "background",
    };

    private readonly Option<int> _side = ConstructOptions.Side();
    private readonly Option<int> _dilation = ConstructOptions.Dilation();
    private readonly Option<string?> _templates = ConstructOptions.Templates();
    private readonly Option<long> _seed = ConstructOptions.Seed();
    private readonly Option<string> _device = ConstructOptions.Device();
    private readonly ConstructOptions.Painting _painting = new(guidance: 7.5, sampler: "ddim");
    private readonly StageOptions _stage = new(workers: 1);

    public static Command Create()
    {
        var verb = new ConstructRemovalCommand();
        var command = new Command("remove", "Fill regions: pairs to remove what is there, and to add it.")
        {
            verb._regions,
            verb._pictures,
            verb._inpainter,
            verb._model,
            verb._prompt,
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
        string kind = parse.GetRequiredValue(_inpainter);
        string? path = parse.GetValue(_model);
        if ((path is null) != (kind is Fill))
        {
            throw new RecipeException(
                path is null ? $"--model: --inpainter {kind} needs one" : "--model: --inpainter fill has none"
            );
        }
        switch (kind)
        {
            case Latent:
                using (TextInpainter opened = InpaintingLoader.OpenText(path!, parse.GetValue(_device)!, stop))
                {
                    ModelNote note = ConstructOptions.NoteOf("inpainter", path!, stop);
                    string prompt = parse.GetValue(_prompt)!;
                    return Run(parse, new LatentInpainting(opened, note, prompt, _painting.Of(parse)), stop);
                }
            case Lama:
                using (var lama = new LamaInpainting(path!, stop))
                {
                    return Run(parse, lama, stop);
                }
            default:
                return Run(parse, new DiffusionFill(), stop);
        }
    }

    private int Run(ParseResult parse, IInpainter inpainter, CancellationToken stop)
    {
        var options = new RemovalOptions
        {
            LongestSide = parse.GetValue(_side),
            Dilation = parse.GetValue(_dilation),
            Templates = parse.GetValue(_templates),
        };
        var stage = new RemovalStage(
            ShardSet.Open(parse.GetRequiredValue(_regions)),
            new SourcePictures(parse.GetRequiredValue(_pictures)),
            inpainter,
            options,
            parse.GetValue(_seed)
        );
        return _stage.Run(parse, stage, stop);
    }
}
