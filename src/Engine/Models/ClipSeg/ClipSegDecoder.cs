using InstructDiffusion.Engine.Models.Layers;
using InstructDiffusion.Engine.Tensors;
using TorchSharp.Modules;
using TorchSharp.Utils;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.ClipSeg;

/// <summary>
/// Turns states of the image tower into one logit a pixel. The deepest states come first, each narrowed and added to what the
/// layer before made; one layer is scaled and shifted by the condition (FiLM; Lüddecke and Ecker 2022, §3).
/// </summary>
/// <remarks>B rows, h w patches down and across, D features of the image tower, R of the decoder, P of the condition, p patch side.</remarks>
internal sealed class ClipSegDecoder : nn.Module
{
    [ComponentName(Name = "film_mul")]
    private readonly Linear _scale;

    [ComponentName(Name = "film_add")]
    private readonly Linear _shift;

    [ComponentName(Name = "transposed_convolution")]
    private readonly nn.Module<Tensor, Tensor> _head;

    [ComponentName(Name = "reduces")]
    private readonly ModuleList<Linear> _reduces = [];

    [ComponentName(Name = "layers")]
    private readonly ModuleList<ClipSegDecoderLayer> _layers = [];

    private readonly int _conditionalLayer;

    public ClipSegDecoder(ClipSegConfig config, ModelPlacement placement)
        : base(nameof(ClipSegDecoder))
    {
        int features = config.Decoder.HiddenSize;
        int patch = config.Clip.Vision.PatchSize;
        _conditionalLayer = config.ConditionalLayer;
        _scale = new Linear(config.Clip.ProjectionSize, features, placement);
        _shift = new Linear(config.Clip.ProjectionSize, features, placement);
        _head = config.HasRefinedHead
            ? new RefinedHead(features, patch, placement)
            : new TransposedConv2d(features, 1, patch, placement);
        for (int layer = 0; layer < config.Decoder.Layers; layer++)
        {
            _reduces.Add(new Linear(config.Clip.Vision.Encoder.HiddenSize, features, placement));
            _layers.Add(new ClipSegDecoderLayer(config.Decoder, placement));
        }
        RegisterComponents();
    }

    /// <param name="states">[B, 1 + h·w, D] for each layer of the config's ExtractLayers, in that order.</param>
    /// <param name="condition">[B, P].</param>
    /// <param name="height">h.</param>
    /// <param name="width">w.</param>
    /// <returns>[B, p·h, p·w] logits, owned by the caller.</returns>
    public Tensor Run(IReadOnlyList<Tensor> states, Tensor condition, long height, long width)
    {
        using var scope = NewDisposeScope();
        Tensor? hidden = null; // [B, 1 + h·w, R]
        for (int layer = 0; layer < _layers.Count; layer++)
        {
            Tensor reduced = _reduces[layer].call(states[states.Count - 1 - layer]);
            hidden = hidden is null ? reduced : reduced.Plus(hidden);
            if (layer == _conditionalLayer)
            {
                Tensor scale = _scale.call(condition).unsqueeze(1); // [B, 1, R]
                hidden = hidden.mul(scale).Plus(_shift.call(condition).unsqueeze(1));
            }
            hidden = _layers[layer].call(hidden);
        }
        Tensor patches = hidden!.narrow(1, 1, height * width); // without the class token
        Tensor map = patches.transpose(1, 2).unflatten(2, height, width); // [B, R, h, w]
        return _head.call(map).squeeze(1).MoveToOuterDisposeScope(); // [B, p·h, p·w]
    }

    /// <summary>A convolution, then two enlargements, each by a quarter of the patch, with ReLU between (16 = 4·4).</summary>
    private sealed class RefinedHead : nn.Module<Tensor, Tensor>
    {
        [ComponentName(Name = "0")]
        private readonly Conv2d _conv;

        [ComponentName(Name = "2")]
        private readonly TransposedConv2d _enlarge1;

        [ComponentName(Name = "4")]
        private readonly TransposedConv2d _enlarge2;

        public RefinedHead(int features, int patch, ModelPlacement placement)
            : base(nameof(RefinedHead))
        {
            _conv = new Conv2d(features, features, 3, placement, padding: 1);
            _enlarge1 = new TransposedConv2d(features, features / 2, patch / 4, placement);
            _enlarge2 = new TransposedConv2d(features / 2, 1, patch / 4, placement);
            RegisterComponents();
        }

        public override Tensor forward(Tensor input)
        {
            using var scope = NewDisposeScope();
            Tensor hidden = _conv.call(input).relu();
            hidden = _enlarge1.call(hidden).relu();
            return _enlarge2.call(hidden).MoveToOuterDisposeScope();
        }
    }
}
