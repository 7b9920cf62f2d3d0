using InstructDiffusion.Engine.Editing.Inpainting;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.Engine.Models.Autoencoder;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.UNet;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.Engine.Tensors;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Editing.Inpainting;

public sealed class InpainterTests : IDisposable
{
    private const int Side = 64;

    private readonly TempFolder _folder = new();
    private readonly RgbImage _image = TestImages.Photo(Side, Side);
    private readonly bool[] _mask =
    [
        .. Enumerable.Range(0, Side * Side).Select(i => i % Side is >= 16 and < 43 && i / Side is >= 8 and < 40),
    ];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(InpaintingLayout.MaskFirst)]
    [InlineData(InpaintingLayout.KeptLast)]
    public void Paint_OneStep_IsWhatItsPartsGive(InpaintingLayout layout)
    {
        string path = TinyInpainters.WriteExemplar(_folder);
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        (AutoencoderKL vae, UNet2DConditionModel unet) = Parts(path);
        var schedule = new NoiseSchedule(
            NoiseScheduleConfig.Load(Path.Combine(path, "scheduler", "scheduler_config.json"))
        );
        using var inpainter = new LatentInpainter(vae, unet, schedule, CPU, layout);
        Tensor context = randn([1, 1, TinyInpainters.Features]);
        var options = new InpaintingOptions
        {
            Steps = 1,
            GuidanceScale = 1,
            Seed = 9,
        };

        RgbImage painted = inpainter.Paint(_image, _mask, context, context, options, CancellationToken.None);

        // The same by hand: what is known, one DDIM step from t = 1 to the schedule's end, decoding.
        float[] keep = [.. _mask.Select(masked => masked ? 0f : 1f)];
        Tensor kept = tensor(keep, [1, 1, Side, Side]);
        using DiagonalGaussian posterior = vae.Encode(PixelTensors.ToTensor(_image).mul(kept));
        Tensor masked = posterior.Mean.Times(0.18215);
        var small = new float[64];
        for (int i = 0; i < small.Length; i++)
        {
            small[i] = keep[i / 8 * 8 * Side + i % 8 * 8];
        }
        Tensor keptSmall = tensor(small, [1, 1, 8, 8]);
        using var noise = new NoiseSource(9);
        Tensor latents = noise.Next([1, 4, 8, 8]);
        Tensor input =
            layout == InpaintingLayout.MaskFirst
                ? cat([latents, ones_like(keptSmall) - keptSmall, masked], 1)
                : cat([latents, masked, keptSmall], 1);
        Tensor epsilon = unet.call(input, tensor(new float[] { 1 }), context);
        double alpha = schedule.Diffusers.AlphasCumprod[1];
        double end = schedule.Diffusers.AlphasCumprod[0];
        Tensor original = (latents - epsilon.Times(Math.Sqrt(1 - alpha))).Over(Math.Sqrt(alpha));
        Tensor next = original.Times(Math.Sqrt(end)).Plus(epsilon.Times(Math.Sqrt(1 - end)));
        RgbImage expected = PixelTensors.ToImage(vae.Decode(next.Over(0.18215)));
        Assert.True(TestImages.MaxDifference(expected, painted) <= 1);
    }

    [Fact]
    public void Paint_Text_IsDecidedBySeedAndPrompts()
    {
        using TextInpainter model = InpaintingLoader.OpenText(
            TinyInpainters.WriteText(_folder),
            "cpu",
            TestContext.Current.CancellationToken
        );
        var options = new InpaintingOptions { Steps = 2, Seed = 4 };

        RgbImage first = Paint("background", "sun", options);

        Assert.Equal((Side, Side), (first.Width, first.Height));
        Assert.Equal(first.Content, Paint("background", "sun", options).Content);
        Assert.NotEqual(first.Content, Paint("background", "sun", options with { Seed = 5 }).Content);
        Assert.NotEqual(first.Content, Paint("a dog", "sun", options).Content);
        Assert.NotEqual(first.Content, Paint("background", "a tree", options).Content);

        RgbImage Paint(string prompt, string negative, InpaintingOptions how) =>
            model.Paint(_image, _mask, prompt, negative, how, TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Paint_Example_IsDecidedByTheExample()
    {
        using ExemplarInpainter model = InpaintingLoader.OpenExemplar(
            TinyInpainters.WriteExemplar(_folder),
            "cpu",
            TestContext.Current.CancellationToken
        );
        var options = new InpaintingOptions
        {
            Steps = 3,
            GuidanceScale = 5,
            Sampler = SamplerKind.Plms,
        };
        using Tensor one = zeros([1, 3, 32, 32]);
        using Tensor two = ones([1, 3, 32, 32]);

        RgbImage first = model.Paint(_image, _mask, one, options, TestContext.Current.CancellationToken);
        RgbImage second = model.Paint(_image, _mask, two, options, TestContext.Current.CancellationToken);

        Assert.Equal(32, model.ExemplarSide);
        Assert.NotEqual(first.Content, second.Content);
    }

    [Fact]
    public void Paint_SizeThatDoesNotFit_IsPaddedAndCutAgain()
    {
        using TextInpainter model = InpaintingLoader.OpenText(
            TinyInpainters.WriteText(_folder),
            "cpu",
            TestContext.Current.CancellationToken
        );
        RgbImage image = TestImages.Photo(70, 30);
        var mask = new bool[70 * 30];
        mask.AsSpan(100, 20).Fill(true);

        RgbImage painted = model.Paint(
            image,
            mask,
            "",
            "",
            new InpaintingOptions { Steps = 1 },
            TestContext.Current.CancellationToken
        );

        Assert.Equal((70, 30), (painted.Width, painted.Height));
        Assert.Equal(64, model.Inpainter.SizeMultiple);
        Assert.Throws<ArgumentException>(() =>
            model.Paint(image, new bool[5], "", "", new InpaintingOptions(), CancellationToken.None)
        );
    }

    [Fact]
    public void Paint_Run_LeavesNoTensor()
    {
        using TextInpainter model = InpaintingLoader.OpenText(
            TinyInpainters.WriteText(_folder),
            "cpu",
            TestContext.Current.CancellationToken
        );

        LeakAssert.Leaves(
            0,
            () => model.Paint(_image, _mask, "a", "b", new InpaintingOptions { Steps = 2 }, CancellationToken.None)
        );
    }

    [Fact]
    public void Open_ModelOfEightChannels_IsRefused()
    {
        string editor = Fixture.Default.Path("diffusers");

        var refused = Assert.Throws<ModelLoadException>(() => InpaintingLoader.OpenText(editor, "cpu"));
        var noExample = Assert.Throws<ModelLoadException>(() => InpaintingLoader.OpenExemplar(editor, "cpu"));

        Assert.Contains("takes 8 channels; inpainting needs 9", refused.Message, StringComparison.Ordinal);
        Assert.Contains("image_encoder", noExample.Message, StringComparison.Ordinal);
    }

    private static (AutoencoderKL Vae, UNet2DConditionModel UNet) Parts(string path)
    {
        var vae = new AutoencoderKL(AutoencoderConfig.Parse(Config("vae")), ModelPlacement.Cpu);
        var unet = new UNet2DConditionModel(UNetConfig.Parse(Config("unet")), ModelPlacement.Cpu);
        using ITensorSource vaeFile = CheckpointFile.Open(Path.Combine(path, "vae"));
        using ITensorSource unetFile = CheckpointFile.Open(Path.Combine(path, "unet"));
        StateDictLoader.Load(vae, vaeFile);
        StateDictLoader.Load(unet, unetFile);
        return (vae, unet);

        string Config(string component) => File.ReadAllText(Path.Combine(path, component, "config.json"));
    }
}
