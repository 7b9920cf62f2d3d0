using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>The set's diffusers folder as an edit pipeline of either guidance family.</summary>
internal sealed class ReferencePipeline : IDisposable
{
    private readonly EditModel _model;

    public ReferencePipeline(GuidanceFamily family)
    {
        _model = new EditModel
        {
            Tokenizer = ClipTokenizer.Load(Fixture.Default.Path("diffusers", "tokenizer")),
            TextEncoder = ReferenceModels.ClipText("diffusers", "text_encoder"),
            Autoencoder = ReferenceModels.Autoencoder(prepared: true, "diffusers", "vae"),
            UNet = ReferenceModels.UNet(prepared: true, "diffusers", "unet"),
            NoiseSchedule = new NoiseSchedule(
                NoiseScheduleConfig.Load(Fixture.Default.Path("diffusers", "scheduler", "scheduler_config.json"))
            ),
            Device = CPU,
            Description = new ModelDescription
            {
                Name = "reference",
                IsUntrainedReference = true,
                Family = family,
            },
        };
        Pipeline = new EditPipeline(_model);
    }

    public EditPipeline Pipeline { get; }

    public EditModel Model => _model;

    public void Dispose() => _model.Dispose();
}
