using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Export;
using InstructDiffusion.Training.Reporting;
using InstructDiffusion.Training.Running;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Running;

public sealed class RunExportTests : IDisposable
{
    private readonly TempFolder _temp = new();

    public void Dispose() => _temp.Dispose();

    [Fact]
    public void AnExportedRun_EditsAPicture()
    {
        TinyRun.Train(TinyRun.Task(3, "run.checkpoint_every=1"), _temp.Of("run"));
        var run = new RunFolder(_temp.Of("run"));

        long step = RunExport.Write(run, _temp.Of("model"), step: null, averaged: true, CancellationToken.None);
        RunExport.Write(run, _temp.Of("raw"), step: 2, averaged: false, CancellationToken.None);

        Assert.Equal(3, step);
        Assert.NotEqual(Weights("model"), Weights("raw"));
        using LoadedModel model = ModelLoader.Open(new ModelLoadOptions { Path = _temp.Of("model") });
        Assert.Equal("tiny", model.Description.Name);
        using EditState state = model.Pipeline.Prepare(
            new EditRequest
            {
                Image = TestImages.Photo(64, 64, 1),
                Instruction = "make it red",
                Steps = 2,
            }
        );
        while (!state.IsDenoised)
        {
            model.Pipeline.Step([state]);
        }
        Assert.Equal(64, model.Pipeline.Finish(state).Image.Width);
    }

    [Fact]
    public void AnExport_IsAlsoAnLdmFile()
    {
        TinyRun.Train(TinyRun.Task(1), _temp.Of("run"));
        RunExport.Write(
            new RunFolder(_temp.Of("run")),
            _temp.Of("model"),
            null,
            averaged: true,
            CancellationToken.None
        );

        CheckpointConverter.Convert(
            _temp.Of("model"),
            _temp.Of("model.safetensors"),
            new ConversionOptions { Target = ConversionTarget.Ldm, FloatType = ScalarType.Float16 },
            TestContext.Current.CancellationToken
        );

        CheckpointSummary summary = CheckpointInspector.Inspect(_temp.Of("model.safetensors"));
        Assert.Equal(3, summary.Components.Count);
    }

    [Fact]
    public void AStepThatIsNotThere_IsNamed()
    {
        TinyRun.Train(TinyRun.Task(1), _temp.Of("run"));

        CheckpointException missing = Assert.Throws<CheckpointException>(() =>
            RunExport.Write(
                new RunFolder(_temp.Of("run")),
                _temp.Of("model"),
                step: 7,
                averaged: true,
                CancellationToken.None
            )
        );

        Assert.Contains("step 7; there are 1", missing.Message, StringComparison.Ordinal);
    }

    private byte[] Weights(string model) =>
        File.ReadAllBytes(_temp.Of(model, "unet", "diffusion_pytorch_model.safetensors"));
}
