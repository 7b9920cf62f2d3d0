using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Models.PaintByExample;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Models.PaintByExample;

public sealed class PaintByExampleEncoderTests
{
    private const int Projected = 6;

    private static readonly PaintByExampleConfig _tiny = PaintByExampleConfig.Parse(
        """
        {"hidden_size": 8, "image_size": 16, "intermediate_size": 16, "num_attention_heads": 2, "num_hidden_layers": 9,
         "patch_size": 8, "projection_dim": 6}
        """
    );

    [Fact]
    public void Released_OnMeta_HasTheNamesAndShapesOfTheDiffusersFolder()
    {
        using var model = new PaintByExampleEncoder(PaintByExampleConfig.Released, ModelPlacement.Meta);

        Dictionary<string, long[]> shapes = model
            .state_dict()
            .ToDictionary(entry => entry.Key, entry => entry.Value.shape);

        Assert.Equal([1, 1, 768], shapes["uncond_vector"]);
        Assert.Equal([768, 1024], shapes["proj_out.weight"]);
        Assert.Equal([1024], shapes["final_layer_norm.bias"]);
        Assert.Equal([1024, 3, 14, 14], shapes["model.vision_model.embeddings.patch_embedding.weight"]);
        Assert.Equal([4096, 1024], shapes["model.vision_model.encoder.layers.23.mlp.fc1.weight"]);
        string[] mapper = [.. shapes.Keys.Where(name => name.StartsWith("mapper.", StringComparison.Ordinal))];
        Assert.Equal(5, mapper.Select(name => name.Split('.')[2]).Distinct().Count());
        string[] block =
        [
            "attn1.to_k.bias",
            "attn1.to_k.weight",
            "attn1.to_out.0.bias",
            "attn1.to_out.0.weight",
            "attn1.to_q.bias",
            "attn1.to_q.weight",
            "attn1.to_v.bias",
            "attn1.to_v.weight",
            "ff.net.0.proj.bias",
            "ff.net.0.proj.weight",
            "ff.net.2.bias",
            "ff.net.2.weight",
            "norm1.bias",
            "norm1.weight",
            "norm3.bias",
            "norm3.weight",
        ];
        Assert.Equal(
            block,
            mapper
                .Where(name => name.StartsWith("mapper.blocks.4.", StringComparison.Ordinal))
                .Select(name => name["mapper.blocks.4.".Length..])
                .Order(StringComparer.Ordinal)
        );
        Assert.Equal([4096, 1024], shapes["mapper.blocks.0.ff.net.0.proj.weight"]);
    }

    [Fact]
    public void Forward_TinyModel_AgreesWithPlainArithmetic()
    {
        using var scope = NewDisposeScope();
        using var noGradient = no_grad();
        using PaintByExampleEncoder model = Filled();
        using var vision = new ClipVisionModel(_tiny.Tower, ModelPlacement.Cpu);
        vision.load_state_dict(
            model
                .state_dict()
                .Where(entry => entry.Key.StartsWith("model.", StringComparison.Ordinal))
                .ToDictionary(entry => entry.Key["model.".Length..], entry => entry.Value)
        );
        Tensor pixels = randn([2, 3, 16, 16]);

        Tensor token = model.call(pixels);

        Assert.Equal([2, 1, Projected], token.shape);
        var weights = new Weights(model.state_dict());
        for (int row = 0; row < 2; row++)
        {
            double[] hidden = ToArray(vision.Pool(vision.call(pixels))[row]);
            for (int block = 0; block < 2; block++)
            {
                hidden = Block(weights, $"mapper.blocks.{block}.", hidden);
            }
            double[] expected = weights.Linear("proj_out", weights.Norm("final_layer_norm", hidden));
            double[] actual = ToArray(token[row, 0]);
            for (int i = 0; i < Projected; i++)
            {
                Assert.Equal(expected[i], actual[i], 1e-4);
            }
        }
    }

    [Fact]
    public void Unconditional_Model_IsItsLearnedVector()
    {
        using PaintByExampleEncoder model = Filled();
        using Tensor token = model.Unconditional();

        Assert.Equal([1, 1, Projected], token.shape);
        Assert.DoesNotContain(0, ToArray(token.flatten())); // filled, as the weights of the model's own that they are
        Assert.Equal(ToArray(model.state_dict()["uncond_vector"].flatten()), ToArray(token.flatten()));
    }

    [Fact]
    public void Forward_Run_LeavesOneTensor()
    {
        using PaintByExampleEncoder model = Filled();
        using Tensor pixels = randn([1, 3, 16, 16]);

        LeakAssert.Leaves(
            1,
            () =>
            {
                using var noGradient = no_grad();
                model.call(pixels);
            }
        );
    }

    private static PaintByExampleEncoder Filled()
    {
        var model = new PaintByExampleEncoder(_tiny, ModelPlacement.Cpu);
        RandomWeights.Fill(model, seed: 3);
        return model;
    }

    // One token attends to itself alone: what it takes in is its own value.
    private static double[] Block(Weights weights, string name, double[] hidden)
    {
        double[] value = weights.Linear(name + "attn1.to_v", weights.Norm(name + "norm1", hidden));
        hidden = Sum(hidden, weights.Linear(name + "attn1.to_out.0", value));
        double[] wide = weights.Linear(name + "ff.net.0.proj", weights.Norm(name + "norm3", hidden));
        return Sum(hidden, weights.Linear(name + "ff.net.2", Array.ConvertAll(wide, Gelu)));
    }

    private static double[] Sum(double[] one, double[] two) => [.. one.Zip(two, (a, b) => a + b)];

    // x·Φ(x), with the error function by its series.
    private static double Gelu(double x)
    {
        double z = x / Math.Sqrt(2);
        double term = z;
        double sum = z;
        for (int n = 1; n < 60; n++)
        {
            term *= -z * z / n;
            sum += term / (2 * n + 1);
        }
        return x * 0.5 * (1 + 2 / Math.Sqrt(Math.PI) * sum);
    }

    private static double[] ToArray(Tensor vector) =>
        Array.ConvertAll(vector.detach().contiguous().data<float>().ToArray(), value => (double)value);

    private sealed class Weights(Dictionary<string, Tensor> state)
    {
        public double[] Linear(string name, double[] input)
        {
            Tensor weight = state[name + ".weight"];
            double[] matrix = ToArray(weight.flatten());
            double[] bias = ToArray(state[name + ".bias"]);
            return [.. bias.Select((b, row) => b + input.Select((x, i) => x * matrix[row * input.Length + i]).Sum())];
        }

        public double[] Norm(string name, double[] input)
        {
            double[] scale = ToArray(state[name + ".weight"]);
            double[] shift = ToArray(state[name + ".bias"]);
            double mean = input.Average();
            double deviation = Math.Sqrt(input.Average(x => (x - mean) * (x - mean)) + 1e-5);
            return [.. input.Select((x, i) => (x - mean) / deviation * scale[i] + shift[i])];
        }
    }
}
