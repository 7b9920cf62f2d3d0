using InstructDiffusion.Engine.Native;
using static TorchSharp.torch;

namespace InstructDiffusion.Engine.Models.Layers.Winograd;

/// <summary>
/// Memory for the transformed tiles of one convolution at a time, shared by all convolutions of a model: fresh memory would cost a
/// page fault for every 4 KiB. Grows to the largest block and stays. For one thread at a time, as the model itself.
/// </summary>
internal sealed class WinogradWorkspace : IDisposable
{
    private Tensor? _inputs;
    private Tensor? _outputs;

    /// <summary>Prepares all convolutions of a model; the caller owns the result, which lives as long as the model.</summary>
    public static WinogradWorkspace For(nn.Module model)
    {
        var workspace = new WinogradWorkspace();
        foreach (Conv2d convolution in model.modules().OfType<Conv2d>())
        {
            convolution.PrepareForInference(workspace);
        }
        HeapTrim.GiveBack();
        return workspace;
    }

    /// <summary>Views of the memory: tiles of the input and of the result. They belong to the caller's dispose scope.</summary>
    /// <param name="planes">n².</param>
    /// <param name="tiles">T.</param>
    /// <param name="inputs">C.</param>
    /// <param name="outputs">K.</param>
    /// <returns>[n², T, C] and [n², T, K], uninitialised.</returns>
    public (Tensor Inputs, Tensor Outputs) Tiles(int planes, long tiles, int inputs, int outputs) =>
        (View(ref _inputs, planes, tiles, inputs), View(ref _outputs, planes, tiles, outputs));

    /// <inheritdoc/>
    public void Dispose()
    {
        _inputs?.Dispose();
        _outputs?.Dispose();
    }

    private static Tensor View(ref Tensor? memory, int planes, long tiles, int channels)
    {
        long size = planes * tiles * channels;
        if (memory is null || memory.NumberOfElements < size)
        {
            memory?.Dispose();
            memory = empty(size).DetachFromDisposeScope();
        }
        return memory.narrow(0, 0, size).view(planes, tiles, channels);
    }
}
