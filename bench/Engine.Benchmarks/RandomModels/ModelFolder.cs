using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Weights;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Benchmarks.RandomModels;

/// <summary>
/// The model under test: a folder the user named, or a random one that is made in the temporary folder and goes with this
/// object.
/// </summary>
internal sealed class ModelFolder : IDisposable
{
    private readonly bool _temporary;

    private ModelFolder(string path, bool temporary)
    {
        Path = path;
        _temporary = temporary;
    }

    public string Path { get; }

    /// <summary>Bytes of all its weight files.</summary>
    public long WeightBytes =>
        new DirectoryInfo(Path).EnumerateFiles("*.safetensors", SearchOption.AllDirectories).Sum(file => file.Length);

    /// <summary>The folder the user named, or a temporary fp32 model of this shape when there is none.</summary>
    public static ModelFolder Of(
        string? path,
        ModelShape shape,
        Action<string> say,
        CancellationToken cancellationToken
    )
    {
        if (path is not null)
        {
            return Directory.Exists(path)
                ? new ModelFolder(path, temporary: false)
                : throw new DirectoryNotFoundException($"--model: no folder {path}");
        }
        string temporary = Directory.CreateTempSubdirectory($"random-{shape.Name}-").FullName;
        var folder = new ModelFolder(temporary, temporary: true);
        try
        {
            say($"no --model: making a random {shape.Name} one in {temporary}");
            RandomModelWriter.Write(temporary, shape, ScalarType.Float32, seed: 0, say, cancellationToken);
            return folder;
        }
        catch
        {
            folder.Dispose();
            throw;
        }
    }

    /// <summary>Loads it in fp32 on the CPU; the caller disposes it.</summary>
    public EditModel Load(CancellationToken cancellationToken)
    {
        using var checkpoint = ModelCheckpoint.Open(Path);
        return new EditModel
        {
            Tokenizer = ClipTokenizer.Load(System.IO.Path.Combine(Path, "tokenizer")),
            TextEncoder = Filled(
                ModelComponent.TextEncoder,
                json => new ClipTextModel(ClipTextConfig.Parse(json), ModelPlacement.Cpu)
            ),
            Autoencoder = Filled(
                ModelComponent.Vae,
                json => new AutoencoderKL(AutoencoderConfig.Parse(json), ModelPlacement.Cpu)
            ),
            UNet = Filled(
                ModelComponent.UNet,
                json => new UNet2DConditionModel(UNetConfig.Parse(json), ModelPlacement.Cpu)
            ),
            NoiseSchedule = new NoiseSchedule(
                NoiseScheduleConfig.Load(System.IO.Path.Combine(Path, "scheduler", "scheduler_config.json"))
            ),
            Device = CPU,
            Description = new ModelDescription
            {
                Name = System.IO.Path.GetFileName(System.IO.Path.TrimEndingDirectorySeparator(Path)),
                IsUntrainedReference = true,
                Family = GuidanceFamily.InstructDiffusion,
            },
        };

        TModel Filled<TModel>(ModelComponent component, Func<string, TModel> create)
            where TModel : nn.Module
        {
            string config = System.IO.Path.Combine(Path, component.FolderName(), "config.json");
            TModel model = create(File.ReadAllText(config));
            StateDictLoader.Load(model, checkpoint.Components[component], cancellationToken: cancellationToken);
            return model;
        }
    }

    public void Dispose()
    {
        if (_temporary)
        {
            Directory.Delete(Path, recursive: true);
        }
    }
}
