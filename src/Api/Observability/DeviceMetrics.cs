using System.Diagnostics.Metrics;
using System.Globalization;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Native;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Observability;

/// <summary>Memory of the engine's device: a GPU's, or the machine's where the CPU computes.</summary>
internal sealed class DeviceMetrics
{
    private readonly string _device;
    private long? _freeAtStart;

    public DeviceMetrics(IMeterFactory meters, IOptions<ModelOptions> options)
    {
        _device = options.Value.Device;
        Meter meter = meters.Create(Telemetry.Name);
        Observe(meter, "idiff.gpu.memory.used", "Memory in use, by whomever.", memory => memory.Total - memory.Free);
        Observe(meter, "idiff.gpu.memory.reserved", "Memory that this process has taken.", Reserved);
        Observe(meter, "idiff.gpu.memory.limit", "Memory that there is.", memory => memory.Total);
    }

    /// <summary>The same way to load a model, with a look at the device before it is filled.</summary>
    public LoadModel Watching(LoadModel load) =>
        cancellationToken =>
        {
            if (IsGpu)
            {
                Libtorch.Load();
                Read();
            }
            return load(cancellationToken);
        };

    private void Observe(Meter meter, string name, string description, Func<(long Free, long Total), long> value) =>
        meter.CreateObservableGauge(
            name,
            () =>
                Read() is { } memory
                    ? [new Measurement<long>(value(memory), new KeyValuePair<string, object?>("device", _device))]
                    : Array.Empty<Measurement<long>>(),
            "By",
            description
        );

    // A GPU does not tell whose memory is whose: what it has lost since the start is taken for this process'.
    private long Reserved((long Free, long Total) memory) =>
        IsGpu ? Math.Max(0, _freeAtStart.GetValueOrDefault() - memory.Free) : Environment.WorkingSet;

    private (long Free, long Total)? Read()
    {
        if (IsGpu)
        {
            (long Free, long Total)? gpu = CudaMemory.Of(Index);
            _freeAtStart ??= gpu?.Free;
            return gpu;
        }
        GCMemoryInfo machine = GC.GetGCMemoryInfo();
        return (machine.TotalAvailableMemoryBytes - machine.MemoryLoadBytes, machine.TotalAvailableMemoryBytes);
    }

    private bool IsGpu => _device.StartsWith("cuda", StringComparison.Ordinal);

    private int Index => _device.Split(':') is [_, var index] ? int.Parse(index, CultureInfo.InvariantCulture) : 0;
}
