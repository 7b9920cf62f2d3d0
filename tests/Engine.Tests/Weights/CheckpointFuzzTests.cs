using System.Diagnostics;
using System.IO.Compression;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.TestSupport;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Tests.Weights;

/// <summary>Mutated copies of small checkpoints: whatever they say, only the two documented errors come out, soon.</summary>
public sealed class CheckpointFuzzTests
{
    private const int Mutations = 1500;
    private const long MaxTensor = 128 << 20; // native memory, which the collector does not count
    private const long MaxAllocation = 1L << 30;
    private static readonly TimeSpan _longest = TimeSpan.FromSeconds(10);

    [Theory]
    [InlineData("safetensors")]
    [InlineData("zip")]
    [InlineData("deflated zip")]
    [InlineData("legacy")]
    public void Open_Mutated_ThrowsOnlyDocumentedErrors(string form)
    {
        using var folder = new TempFolder();
        var original = Small(folder, form);
        var failures = 0;
        var random = new Random(20230907);
        for (var i = 0; i < Mutations; i++)
        {
            var path = folder.Write("m", Mutate(original, random));
            var clock = Stopwatch.StartNew();
            var before = GC.GetAllocatedBytesForCurrentThread();
            try
            {
                ReadAll(path);
            }
            catch (Exception e) when (e is CheckpointFormatException or StateDictMismatchException)
            {
                failures++;
            }
            Assert.InRange(clock.Elapsed, TimeSpan.Zero, _longest);
            Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, MaxAllocation);
        }
        // Some mutations hit tensor data and go unnoticed; if most did, the test would be looking at the wrong bytes.
        Assert.InRange(failures, Mutations / 4, Mutations);
    }

    private static void ReadAll(string path)
    {
        using var checkpoint = ModelCheckpoint.Open(path);
        foreach (var component in checkpoint.Components.Values)
        {
            foreach (var (name, info) in component.Tensors)
            {
                Assert.InRange(info.ByteCount, 0, MaxTensor);
                component.Read(name).Dispose();
            }
        }
        using var scope = NewDisposeScope();
        using var module = nn.Linear(2, 2);
        StateDictLoader.Load(module, checkpoint.Components.Values.First(), null, TestContext.Current.CancellationToken);
    }

    // A few dozen tensors: most bytes are structure, not weights.
    private static byte[] Small(TempFolder folder, string form)
    {
        using var scope = NewDisposeScope();
        string[] names =
        [
            "first_stage_model.encoder.down.0.block.0.conv1.weight",
            "first_stage_model.encoder.mid.attn_1.q.weight",
            "first_stage_model.quant_conv.bias",
            "model.diffusion_model.input_blocks.1.0.in_layers.0.weight",
            "model_ema.diffusion_modelinput_blocks10in_layers0weight",
            "cond_stage_model.transformer.text_model.encoder.layers.0.self_attn.q_proj.weight",
        ];
        if (form is "safetensors")
        {
            using var source = new NamedTensors("small");
            foreach (var name in names)
            {
                source.Add(name, ones(2, 2, 1, 1));
            }
            InstructDiffusion.Engine.Weights.Safetensors.SafetensorsWriter.Write(
                folder.Of("s"),
                source,
                cancellationToken: TestContext.Current.CancellationToken
            );
            return File.ReadAllBytes(folder.Of("s"));
        }
        using var writer = new TorchPickleWriter();
        foreach (var name in names)
        {
            writer.Add(name, ones(2, 2, 1, 1));
        }
        return form switch
        {
            "legacy" => writer.ToLegacyFile(),
            "zip" => writer.ToFile(),
            _ => writer.ToFile(CompressionLevel.Fastest),
        };
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        var bytes = (byte[])original.Clone();
        var range = bytes.Length;
        for (var count = random.Next(1, 6); count > 0; count--)
        {
            var at = random.Next(range);
            switch (random.Next(5))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] ^= (byte)(1 << random.Next(8));
                    break;
                case 2:
                    bytes.AsSpan(at, Math.Min(8, bytes.Length - at)).Fill(random.Next(2) == 0 ? (byte)0xff : (byte)0);
                    break;
                case 3:
                    var from = random.Next(range);
                    var length = Math.Min(random.Next(1, 64), bytes.Length - Math.Max(from, at));
                    bytes.AsSpan(from, length).ToArray().CopyTo(bytes.AsSpan(at));
                    break;
                default:
                    if (random.Next(4) == 0)
                    {
                        bytes = bytes[..at];
                        range = Math.Max(1, Math.Min(range, bytes.Length));
                    }
                    break;
            }
            if (bytes.Length == 0)
            {
                break;
            }
        }
        return bytes;
    }
}
