using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Makes the pixels of a scene and of what its task asks for.</summary>
internal sealed class SceneRenderer(DemoFolder folder, int side)
{
    /// <summary>Part of an overlay that is colour; the rest is the picture (the original's <c>transparency</c> 0.5).</summary>
    public const float OverlayOpacity = 0.5f;

    /// <summary>Radius of a keypoint's disc: 10 at 256 pixels in the original, a quarter more so that it survives small pictures.</summary>
    public static int DiscRadius(int side) => Math.Max(2, (int)Math.Round(10.0 * side / 256 * 1.25));

    /// <summary>Renders source, target and what is known of them.</summary>
    /// <exception cref="BrokenSampleException">A picture cannot be read.</exception>
    public DemoTruth Render(SceneSpec spec)
    {
        Sprite[] sprites = [.. spec.Objects.Select(Draw)];
        float[] background = Background(spec.Background);
        RgbImage clean = ToImage(Compose(background, sprites));
        return spec.Task switch
        {
            DemoTask.Segmentation => Segment(spec, clean, sprites),
            DemoTask.Keypoints => Point(spec, clean, sprites),
            DemoTask.Removal => Change(
                spec,
                clean,
                background,
                sprites,
                [.. sprites.Where((_, i) => i != spec.Subject)]
            ),
            DemoTask.Addition => Change(spec, clean, background, sprites, [.. sprites, Draw(spec.Inserted!)]),
            DemoTask.Replacement => Change(
                spec,
                clean,
                background,
                sprites,
                Replaced(sprites, spec.Subject, Draw(spec.Inserted!))
            ),
            DemoTask.Recolouring => Change(
                spec,
                clean,
                background,
                sprites,
                Replaced(sprites, spec.Subject, sprites[spec.Subject].Recoloured(new Recolouring(spec.Color!)))
            ),
            _ => Restore(spec, clean, background, sprites),
        };
    }

    /// <summary>Only the scene itself.</summary>
    /// <exception cref="BrokenSampleException">A picture cannot be read.</exception>
    public RgbImage RenderClean(SceneSpec spec) =>
        ToImage(Compose(Background(spec.Background), [.. spec.Objects.Select(Draw)]));

    private Sprite Draw(SceneObject placed) => Sprite.Draw(folder.Pixels(placed.Glyph), placed, side);

    private float[] Background(PhotographCrop crop)
    {
        float[] pixels = folder.Pixels(crop.Photograph).Crop(crop.Left, crop.Top, crop.Side, side);
        if (crop.Flip)
        {
            PictureMarks.Mirror(pixels, side);
        }
        for (int i = 0; i < pixels.Length; i++)
        {
            double value = (pixels[i] - 127.5) * crop.Contrast + 127.5 + crop.Brightness;
            pixels[i] = (float)Math.Clamp(value, 0, 255);
        }
        return pixels;
    }

    private static float[] Compose(float[] background, IReadOnlyList<Sprite> sprites)
    {
        var picture = (float[])background.Clone();
        foreach (Sprite sprite in sprites)
        {
            sprite.Over(picture);
        }
        return picture;
    }

    private static Sprite[] Replaced(Sprite[] sprites, int index, Sprite by) =>
        [.. sprites.Select((sprite, i) => i == index ? by : sprite)];

    private DemoTruth Segment(SceneSpec spec, RgbImage clean, Sprite[] sprites)
    {
        if (spec.Subject < 0)
        {
            return Known(spec, clean, clean, clean, null);
        }
        float[] alpha = VisibleAlpha(sprites, spec.Subject);
        byte[] target = clean.Pixels.ToArray();
        PictureMarks.Overlay(target, alpha, spec.Color!, OverlayOpacity);
        return Known(spec, clean, ToImage(target), clean, alpha);
    }

    private DemoTruth Point(SceneSpec spec, RgbImage clean, Sprite[] sprites)
    {
        float[] alpha = VisibleAlpha(sprites, spec.Subject);
        (int x, int y) = PictureMarks.PartOf(alpha, side, spec.Part);
        int radius = DiscRadius(side);
        byte[] target = clean.Pixels.ToArray();
        PictureMarks.Disc(target, side, x, y, radius, spec.Color!);
        return Known(spec, clean, ToImage(target), clean, alpha) with
        {
            KeypointX = x,
            KeypointY = y,
            KeypointRadius = radius,
        };
    }

    private DemoTruth Change(SceneSpec spec, RgbImage clean, float[] background, Sprite[] before, Sprite[] after)
    {
        // What is put in lies last (addition) or where the subject lay; what is taken out was at the subject's index.
        bool isIn = spec.Task is DemoTask.Addition or DemoTask.Replacement;
        int index = string.Equals(spec.Task, DemoTask.Addition, StringComparison.Ordinal)
            ? after.Length - 1
            : spec.Subject;
        float[] alpha = VisibleAlpha(isIn ? after : before, index);
        return Known(spec, clean, ToImage(Compose(background, after)), clean, alpha);
    }

    private DemoTruth Restore(SceneSpec spec, RgbImage clean, float[] background, Sprite[] sprites)
    {
        float[] spoilt = PictureDegrader.Apply(Compose(background, sprites), side, spec.Degradation!);
        return Known(spec, ToImage(spoilt), clean, clean, null) with
        {
            Region = [.. Enumerable.Repeat(true, side * side)],
        };
    }

    private DemoTruth Known(SceneSpec spec, RgbImage source, RgbImage target, RgbImage clean, float[]? alpha)
    {
        var region = new bool[side * side];
        for (int i = 0; i < region.Length; i++)
        {
            region[i] = !source.Pixels.Slice(i * 3, 3).SequenceEqual(target.Pixels.Slice(i * 3, 3));
        }
        return new DemoTruth
        {
            Task = spec.Task,
            Spec = spec,
            Source = source,
            Target = target,
            Clean = clean,
            Alpha = alpha,
            Mask = alpha is null ? null : [.. alpha.Select(value => value > 0.5f)],
            Color = spec.Color,
            Region = region,
        };
    }

    private float[] VisibleAlpha(Sprite[] sprites, int index)
    {
        var alpha = new float[side * side];
        Sprite subject = sprites[index];
        for (int y = subject.Top; y < subject.Top + subject.Height; y++)
        {
            for (int x = subject.Left; x < subject.Left + subject.Width; x++)
            {
                float value = subject.AlphaAt(x, y);
                for (int k = index + 1; k < sprites.Length; k++)
                {
                    value *= 1 - sprites[k].AlphaAt(x, y);
                }
                alpha[y * side + x] = value;
            }
        }
        return alpha;
    }

    private RgbImage ToImage(float[] pixels)
    {
        var bytes = new byte[pixels.Length];
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = (byte)Math.Clamp(pixels[i] + 0.5f, 0, 255);
        }
        return ToImage(bytes);
    }

    private RgbImage ToImage(byte[] pixels) => new(side, side, pixels);
}
