using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Parity.Tests;

/// <summary>Whole runs of diffusers' StableDiffusionInstructPix2PixPipeline, from picture and prompt to picture, step by step.</summary>
public sealed class PipelineParityTests
{
    private const string Folder = "pipeline/";

    private static readonly GuidanceBranch[] RecordedOrder =
    [
        GuidanceBranch.Full,
        GuidanceBranch.ImageOnly,
        GuidanceBranch.Unconditional,
    ];

    public static TheoryData<string> Runs() => [.. ReferenceRuns.In(Folder)];

    [Theory]
    [MemberData(nameof(Runs))]
    public void Edit_Run_MatchesDiffusersAtEveryStep(string run)
    {
        using var scope = NewDisposeScope();
        using var reference = new ReferencePipeline(GuidanceFamily.InstructPix2Pix);
        string file = $"{Folder}{run}.safetensors";
        JsonElement entry = Fixture.Default.Entry(file);
        TensorFile data = Fixture.Default.Tensors(file);
        EditRequest[] requests = Requests(entry, run);
        var states = new DenoisingState[requests.Length];
        for (int image = 0; image < requests.Length; image++)
        {
            Tensor? later = data.Has("noises") ? data.Tensor("noises") : null;
            var noise = new RecordedNoise(data.Tensor("start_latents"), later, image);
            states[image] = (DenoisingState)reference.Pipeline.Prepare(requests[image], noise);
        }

        CheckConditions(reference, data, entry, states, run);
        int steps = (int)data.Shape("latents_after_step")[0];
        Assert.All(states, state => Assert.Equal(steps, state.StepCount));
        for (int step = 0; step < steps; step++)
        {
            CheckUNet(reference, data, states, step, steps, entry, run);
            reference.Pipeline.Step(states);
            string part = step == steps - 1 ? "latents_final" : "latents";
            Fixture.AssertClose(
                cat([.. states.Select(state => state.Latents)], 0),
                data.Tensor("latents_after_step")[step],
                Fixture.Default.Tolerance(file, part),
                $"{Folder}{run}/latents_after_step[{step}]"
            );
        }
        CheckPictures(reference, data, file, states, run);
        Array.ForEach(states, state => state.Dispose());
    }

    private static EditRequest[] Requests(JsonElement entry, string run)
    {
        string[] prompts = [.. entry.GetProperty("prompt").EnumerateArray().Select(prompt => prompt.GetString()!)];
        // diffusers switches guidance off at these scales; ours is then asked for the same single row.
        double text = entry.GetProperty("guidance_scale").GetDouble();
        double image = entry.GetProperty("image_guidance_scale").GetDouble();
        bool guided = text > 1 && image >= 1;
        byte[] picture = File.ReadAllBytes(Fixture.Default.Path("pipeline", $"{run}_input.png"));
        int[] size = [.. entry.GetProperty("size").EnumerateArray().Select(side => side.GetInt32())];
        return
        [
            .. prompts.Select(
                (prompt, index) =>
                    new EditRequest
                    {
                        Image = ImageCodec.Decode(picture, ImageDecodeLimits.Default).Image,
                        Instruction = prompt,
                        NegativeInstruction = Negative(entry, index),
                        Steps = entry.GetProperty("steps").GetInt32(),
                        TextGuidanceScale = guided ? text : 1,
                        ImageGuidanceScale = guided ? image : 1,
                        Sampler = Kind(entry.GetProperty("scheduler").GetString()!),
                        Eta = entry.GetProperty("eta").GetDouble(),
                        WorkingSize = WorkingSize.Of(new ImageSize(size[0], size[1])),
                    }
            ),
        ];
    }

    private static string Negative(JsonElement entry, int index)
    {
        JsonElement negative = entry.GetProperty("negative_prompt");
        return negative.ValueKind switch
        {
            JsonValueKind.Array => negative[index].GetString()!,
            JsonValueKind.String => negative.GetString()!,
            _ => "",
        };
    }

    private static SamplerKind Kind(string name) =>
        name switch
        {
            "DDIMScheduler" => SamplerKind.Ddim,
            "EulerDiscreteScheduler" => SamplerKind.Euler,
            "EulerAncestralDiscreteScheduler" => SamplerKind.EulerAncestral,
            "DPMSolverMultistepScheduler" => SamplerKind.DpmSolverPlusPlus2M,
            "LMSDiscreteScheduler" => SamplerKind.Lms,
            "PNDMScheduler" => SamplerKind.Plms,
            "DDPMScheduler" => SamplerKind.Ddpm,
            _ => throw new NotSupportedException(name),
        };

    private static void CheckConditions(
        ReferencePipeline reference,
        TensorFile data,
        JsonElement entry,
        DenoisingState[] states,
        string run
    )
    {
        double atol = entry.GetProperty("image_latents").GetProperty("recommended_atol").GetDouble();
        if (data.Has("image"))
        {
            Tensor pixels = PixelTensors.ToTensor(states[0].Canvas.Place(states[0].Request.Image));
            Fixture.AssertClose(pixels, data.Tensor("image"), 1e-6, $"{Folder}{run}/image");
        }
        Tensor imageLatents = cat([.. states.Select(state => state.ImageLatents)], 0);
        Fixture.AssertClose(imageLatents, data.Tensor("image_latents"), atol, $"{Folder}{run}/image_latents");
        double[] timesteps = [.. states[0].Sampler.Timesteps];
        Fixture.AssertClose(timesteps, data.Doubles("timesteps"), 1e-3, $"{Folder}{run}/timesteps");
        double textAtol = Fixture.Default.Tolerance("clip_text_tiny.safetensors", "last_hidden_state");
        for (int image = 0; image < states.Length; image++)
        {
            Check("input_ids", "prompt_embeds", states[image].Request.Instruction, states[image].Text, image);
            Check(
                "negative_input_ids",
                "negative_prompt_embeds",
                states[image].Request.NegativeInstruction,
                states[image].NullText,
                image
            );
        }

        void Check(string ids, string embeds, string text, Tensor states, int image)
        {
            if (data.Has(ids))
            {
                Assert.Equal(
                    data.Tensor(ids)[image].data<long>().ToArray(),
                    reference.Model.Tokenizer.Encode(text).Ids
                );
            }
            if (data.Has(embeds))
            {
                Tensor expected = data.Tensor(embeds).narrow(0, image, 1);
                Tensor actual = states.narrow(1, 0, expected.size(1));
                Fixture.AssertClose(actual, expected, textAtol, $"{Folder}{run}/{embeds}");
            }
        }
    }

    // The recorded rows are grouped by branch over the batch; ours by image.
    private static void CheckUNet(
        ReferencePipeline reference,
        TensorFile data,
        DenoisingState[] states,
        int step,
        int steps,
        JsonElement entry,
        string run
    )
    {
        string? name =
            step == 0 ? "unet_output_first_step"
            : step == steps - 1 ? "unet_output_last_step"
            : null;
        if (name is null)
        {
            return;
        }
        using var noGradient = no_grad();
        using UNetRows rows = UNetRows.Of(states);
        Tensor outputs = reference.Model.UNet.call(rows.Samples, rows.Timesteps, rows.Context);
        GuidanceTerm[] terms = [.. states[0].Guidance.Terms];
        Tensor recorded = data.Tensor(name); // [branches * images, 4, h, w]
        var actual = new List<Tensor>();
        var expected = new List<Tensor>();
        for (int image = 0; image < states.Length; image++)
        {
            for (int term = 0; term < terms.Length; term++)
            {
                // Branches whose coefficient is 0 are not evaluated here; the reference evaluates all three.
                int branch = Array.IndexOf(RecordedOrder, terms[term].Branch);
                actual.Add(outputs.narrow(0, image * terms.Length + term, 1));
                expected.Add(recorded.narrow(0, branch * states.Length + image, 1));
            }
        }
        // Inputs already carry the latents' error; the tolerance of the latents covers the outputs they lead to.
        double atol = entry.GetProperty("latents").GetProperty("recommended_atol").GetDouble();
        Fixture.AssertClose(cat(actual, 0), cat(expected, 0), atol, $"{Folder}{run}/{name}");
    }

    private static void CheckPictures(
        ReferencePipeline reference,
        TensorFile data,
        string file,
        DenoisingState[] states,
        string run
    )
    {
        using var noGradient = no_grad();
        double scale = reference.Model.Autoencoder.Config.ScalingFactor;
        Tensor decoded = cat(
            [.. states.Select(state => reference.Model.Autoencoder.Decode(state.Latents.div(scale)))],
            0
        );
        Fixture.AssertClose(
            decoded,
            data.Tensor("decoded"),
            Fixture.Default.Tolerance(file, "decoded"),
            $"{Folder}{run}/decoded"
        );
        for (int image = 0; image < states.Length; image++)
        {
            string path = Fixture.Default.Path("pipeline", $"{run}_output{image}.png");
            RgbImage expected = ImageCodec.Decode(File.ReadAllBytes(path), ImageDecodeLimits.Default).Image;
            RgbImage actual = reference.Pipeline.Finish(states[image]).Image;
            Fixture.AssertClose(
                ReferenceRuns.Levels(actual),
                ReferenceRuns.Levels(expected),
                1,
                $"{Folder}{run}/output{image}.png"
            );
        }
    }
}
