using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;
using TorchSharp;

namespace InstructDiffusion.Engine.Tests.Editing;

public sealed class PreviewTests
{
    [Theory]
    [InlineData(64, 64, 8, 8)]
    [InlineData(128, 64, 16, 8)]
    [InlineData(64, 128, 4, 8)] // what the source covers of a square canvas
    public void Preview_ARunningEdit_IsOnePixelALatentOfWhatTheSourceCovers(
        int width,
        int height,
        int previewWidth,
        int previewHeight
    )
    {
        using LoadedModel model = ReferenceModel.Open();
        bool isTall = height > width;
        using EditState state = model.Pipeline.Prepare(
            ReferenceModel.Request() with
            {
                Image = TestImages.Photo(width, height),
                WorkingSize = WorkingSize.Of(isTall ? new ImageSize(64, 64) : new ImageSize(width, height)),
            }
        );
        model.Pipeline.Step([state]);

        RgbImage preview = model.Pipeline.Preview(state);

        Assert.Equal((previewWidth, previewHeight), (preview.Width, preview.Height));
    }

    [Fact]
    public void Preview_AskedTwiceAndByAnotherPipeline_IsTheSame()
    {
        using LoadedModel model = ReferenceModel.Open();
        using LoadedModel other = ReferenceModel.Open();

        RgbImage first = PreviewAfter(model, steps: 2);
        RgbImage again = PreviewAfter(model, steps: 2);
        RgbImage others = PreviewAfter(other, steps: 2);

        Assert.Equal(first.Content, again.Content);
        Assert.Equal(first.Content, others.Content);
        Assert.NotEqual(first.Content, PreviewAfter(model, steps: 3).Content);
    }

    [Fact]
    public void Preview_BeforeTheFirstStep_IsRefused()
    {
        using LoadedModel model = ReferenceModel.Open();
        using EditState state = model.Pipeline.Prepare(ReferenceModel.Request());

        Assert.Throws<InvalidOperationException>(() => model.Pipeline.Preview(state));
    }

    [Fact]
    public void Preview_ManyTimes_ChangesNothingAndLeavesNothing()
    {
        using LoadedModel model = ReferenceModel.Open();
        EditRequest request = ReferenceModel.Request(steps: 3);
        RgbImage without = ((EditPipeline)model.Pipeline).Run(request).Image;
        using EditState state = model.Pipeline.Prepare(request);
        model.Pipeline.Step([state]);
        model.Pipeline.Preview(state); // fits the map
        LeakAssert.Leaves(0, () => model.Pipeline.Preview(state));
        while (!state.IsDenoised)
        {
            model.Pipeline.Step([state]);
            model.Pipeline.Preview(state);
        }

        Assert.Equal(without.Content, model.Pipeline.Finish(state).Image.Content);
    }

    [Fact]
    public void Fit_EncoderThatKeepsColours_GivesThemBack()
    {
        // The shipped reference is untrained, but its encoder still tells light from dark and red from blue a little; that
        // little is what the map is fitted to.
        using EditModel weights = ModelLoader.Load(new ModelLoadOptions { Path = ReferenceModel.Folder });
        LatentPreview preview = LatentPreview.Fit(weights.Autoencoder, torch.CPU);
        IReadOnlyList<RgbImage> pictures = PreviewPictures.Draw(96);

        double fitted = 0;
        double flat = 0;
        foreach (RgbImage picture in pictures)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            var size = new ImageSize(picture.Width, picture.Height);
            using var posterior = weights.Autoencoder.Encode(PixelTensors.ToTensor(picture));
            RgbImage shown = preview.Picture(posterior.Mean, new EditCanvas(size, size));
            RgbImage truth = ImageResizer.Resize(
                picture,
                new ImageSize(shown.Width, shown.Height),
                ResizeFilter.Bilinear
            );
            fitted += MeanSquare(shown, truth, (a, b) => a - b);
            flat += MeanSquare(truth, truth, (a, _) => a - 127.5);
        }

        Assert.True(fitted < 0.9 * flat, $"mean square error {fitted} against {flat} of plain grey");
    }

    private static RgbImage PreviewAfter(LoadedModel model, int steps)
    {
        using EditState state = model.Pipeline.Prepare(ReferenceModel.Request());
        for (int step = 0; step < steps; step++)
        {
            model.Pipeline.Step([state]);
        }
        return model.Pipeline.Preview(state);
    }

    private static double MeanSquare(RgbImage a, RgbImage b, Func<double, double, double> difference)
    {
        double sum = 0;
        for (int i = 0; i < a.Pixels.Length; i++)
        {
            double value = difference(a.Pixels[i], b.Pixels[i]);
            sum += value * value;
        }
        return sum / a.Pixels.Length;
    }
}
