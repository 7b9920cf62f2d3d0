using System.Text.Json;
using InstructDiffusion.Engine.Weights.KeyMaps;
using InstructDiffusion.Engine.Weights.Safetensors;

namespace InstructDiffusion.Engine.Tests.Weights.KeyMaps;

public sealed class KeyMapTests
{
    [Theory]
    [InlineData("unet")]
    [InlineData("vae")]
    [InlineData("text_encoder")]
    public void Create_RealSize_NamesEveryTensorOfBothListings(string component)
    {
        var native = Listing(component, "diffusers");
        var ldm = Listing(component, "ldm");
        ldm.Remove("cond_stage_model.transformer.text_model.embeddings.position_ids");

        var fromNative = CreateFromNative(component, native.Keys);
        var fromLdm = CreateFromLdm(component, ldm.Keys);

        Assert.Equal(fromNative.Pairs, fromLdm.Pairs);
        var required = fromNative.Pairs.Where(p => !p.Optional || native.ContainsKey(p.Native)).ToList();
        Assert.Equal(
            native.Keys.Order(StringComparer.Ordinal),
            required.Select(p => p.Native).Order(StringComparer.Ordinal)
        );
        Assert.Equal(ldm.Keys.Order(StringComparer.Ordinal), required.Select(p => p.Ldm).Order(StringComparer.Ordinal));
        foreach (var pair in required)
        {
            var expected =
                pair.ConvolutionInLdm && pair.Native.EndsWith("weight", StringComparison.Ordinal)
                    ? [.. native[pair.Native], 1, 1]
                    : native[pair.Native];
            Assert.Equal(expected, ldm[pair.Ldm]);
            Assert.Equal(pair, fromLdm.FindLdm(pair.Ldm));
            Assert.Equal(pair, fromLdm.FindNative(pair.Native));
        }
    }

    [Fact]
    public void FromLdm_DotlessNames_FindsTheSameStructure()
    {
        var ldm = Listing("unet", "ldm").Keys.ToList();

        var dotless = UNetStructure.FromLdm(ldm.Select(n => n.Replace(".", "", StringComparison.Ordinal)));

        Assert.Equivalent(UNetStructure.FromLdm(ldm), dotless);
        Assert.Equal([2, 2, 2, 2], dotless!.LayersPerLevel);
        Assert.Equal([true, true, true, false], dotless.AttentionAtLevel);
    }

    public static TheoryData<int[], bool[], int> Structures =>
        new()
        {
            { [1], [true], 1 },
            { [3], [false], 1 },
            { [1, 1], [false, true], 1 },
            { [2, 2, 2], [true, false, true], 2 },
            { [1, 2, 3, 2], [true, true, true, false], 1 },
            { [2, 2, 2, 2, 2], [false, true, true, true, true], 10 },
            { [12, 1], [true, true], 1 },
        };

    [Theory]
    [MemberData(nameof(Structures))]
    public void Create_AnyStructure_IsFoundAgainFromEitherSideAndWithoutDots(int[] layers, bool[] attention, int depth)
    {
        var structure = new UNetStructure(layers, attention, depth);

        var pairs = UNetKeyMap.Create(structure).Pairs;

        Assert.Equivalent(structure, UNetStructure.FromNative(pairs.Select(p => p.Native)), strict: true);
        Assert.Equivalent(structure, UNetStructure.FromLdm(pairs.Select(p => p.Ldm)), strict: true);
        var dotless = pairs.Select(p => p.Ldm.Replace(".", "", StringComparison.Ordinal)).ToList();
        Assert.Equivalent(structure, UNetStructure.FromLdm(dotless), strict: true);
        Assert.Equal(dotless.Count, dotless.Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public void Create_TwoLevelsOneLayer_NumbersBlocksAsLdmDoes()
    {
        // Worked by hand from openaimodel.py: channel_mult [1, 2], num_res_blocks 1, attention at the deeper level only.
        var map = UNetKeyMap.Create(new UNetStructure([1, 1], [false, true]));

        Assert.Equal(
            "down_blocks.0.downsamplers.0.conv.bias",
            map.FindLdm("model.diffusion_model.input_blocks.2.0.op.bias")!.Native
        );
        Assert.Equal(
            "down_blocks.1.attentions.0.norm.bias",
            map.FindLdm("model.diffusion_model.input_blocks.3.1.norm.bias")!.Native
        );
        Assert.Equal(
            "up_blocks.0.upsamplers.0.conv.bias",
            map.FindLdm("model.diffusion_model.output_blocks.1.2.conv.bias")!.Native
        );
        Assert.Equal(
            "up_blocks.1.resnets.0.conv1.bias",
            map.FindLdm("model.diffusion_model.output_blocks.2.0.in_layers.2.bias")!.Native
        );
        Assert.Null(map.FindLdm("model.diffusion_model.output_blocks.3.1.conv.bias"));
    }

    [Fact]
    public void Create_TinyFixture_MapsEveryTensor()
    {
        using var file = SafetensorsFile.Open(WeightFixtures.Public("ldm", "ldm_tiny.safetensors"));
        KeyMap[] maps =
        [
            CreateFromLdm("unet", file.Tensors.Keys),
            CreateFromLdm("vae", file.Tensors.Keys),
            CreateFromLdm("text_encoder", file.Tensors.Keys),
        ];

        var unmapped = file.Tensors.Keys.Where(name => maps.All(m => m.FindLdm(name) is null));

        Assert.Equal(["cond_stage_model.transformer.text_model.embeddings.position_ids"], unmapped);
    }

    [Fact]
    public void FromNames_ForeignNames_ReturnsNull()
    {
        string[] names =
        [
            "a.weight",
            "down_blocks.5.resnets.0.x",
            "encoder.down_blocks.2.resnets.0.x",
            "input_blocks.9999.0.op.weight",
        ];

        Assert.Null(UNetStructure.FromNative(names));
        Assert.Null(UNetStructure.FromLdm(names));
        Assert.Null(VaeStructure.FromNative(names));
        Assert.Null(VaeStructure.FromLdm(names));
        Assert.Equal(0, TextKeyMap.CountLayers(names));
    }

    private static KeyMap CreateFromNative(string component, IEnumerable<string> names) =>
        component switch
        {
            "unet" => UNetKeyMap.Create(UNetStructure.FromNative(names)!),
            "vae" => VaeKeyMap.Create(VaeStructure.FromNative(names)!),
            _ => TextKeyMap.Create(TextKeyMap.CountLayers(names)),
        };

    private static KeyMap CreateFromLdm(string component, IEnumerable<string> names) =>
        component switch
        {
            "unet" => UNetKeyMap.Create(UNetStructure.FromLdm(names)!),
            "vae" => VaeKeyMap.Create(VaeStructure.FromLdm(names)!),
            _ => TextKeyMap.Create(TextKeyMap.CountLayers(names)),
        };

    private static Dictionary<string, long[]> Listing(string component, string layout)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(WeightFixtures.Path("real_size_keys.json")));
        return json
            .RootElement.GetProperty(component)
            .GetProperty(layout)
            .EnumerateObject()
            .ToDictionary(p => p.Name, p => p.Value.EnumerateArray().Select(n => n.GetInt64()).ToArray());
    }
}
