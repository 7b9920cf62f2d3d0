using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.TestSupport;

/// <summary>
/// The pipeline without a model: deterministic pictures, scripted faults, steps that wait for a permit. Time passes only if a
/// hook lets it: set the hooks to move a clock on, and it is an engine of known speed. Notes every breach of the pipeline's
/// contract in <see cref="Breaches"/>.
/// </summary>
public sealed class FakeEditPipeline : IEditPipeline
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<string[]> _steps = new();
    private readonly ConcurrentQueue<string[]> _preparations = new();
    private readonly ConcurrentQueue<string> _breaches = new();
    private int _threadId;
    private int _prepared;
    private int _disposed;

    /// <summary>What the server is told about this model.</summary>
    public ModelDescription Description { get; init; } =
        new()
        {
            Name = "fake",
            IsUntrainedReference = true,
            Family = GuidanceFamily.InstructDiffusion,
            DefaultSteps = 3,
            DefaultResolution = 64,
        };

    /// <summary>Working size of a request; the exact one asked for, or 64x64.</summary>
    public Func<EditRequest, ImageSize> SizeOf { get; set; } = request => request.WorkingSize?.Exact ?? new(64, 64);

    /// <summary>UNet rows of a request.</summary>
    public Func<EditRequest, int> RowsOf { get; set; } = _ => 3;

    /// <summary>The picture that an edit gives, as large as its source; null for <see cref="Edited"/>.</summary>
    public Func<EditRequest, RgbImage>? Paint { get; set; }

    /// <summary>Runs in Prepare for each request; throw from it to fail there.</summary>
    public Action<EditRequest>? OnPrepare { get; set; }

    /// <summary>Runs in Prepare once for all requests, before <see cref="OnPrepare"/>; throw from it to fail them together.</summary>
    public Action<IReadOnlyList<EditRequest>>? OnPrepareTogether { get; set; }

    /// <summary>Runs in Step before any state advances; throw from it to fail there.</summary>
    public Action<IReadOnlyList<EditState>>? OnStep { get; set; }

    /// <summary>Runs in Preview; throw from it to fail there.</summary>
    public Action<EditState>? OnPreview { get; set; }

    /// <summary>Runs in Finish; throw from it to fail there.</summary>
    public Action<EditState>? OnFinish { get; set; }

    /// <summary>Runs when a state is disposed for the first time.</summary>
    public Action<EditState>? OnDispose { get; set; }

    /// <summary>When set, every step takes one permit before it goes on.</summary>
    public SemaphoreSlim? Permits { get; set; }

    /// <summary>False for long runs, in which the notes of every step would fill the memory.</summary>
    public bool TakesNotes { get; init; } = true;

    /// <summary>The instructions of the edits in each step taken so far.</summary>
    public IReadOnlyList<string[]> Steps => [.. _steps];

    /// <summary>The instructions of the edits prepared together, so far.</summary>
    public IReadOnlyList<string[]> Preparations => [.. _preparations];

    /// <summary>What the callers did wrong; empty at the end of every good test.</summary>
    public IReadOnlyList<string> Breaches => [.. _breaches];

    /// <summary>States made.</summary>
    public int Prepared => Volatile.Read(ref _prepared);

    /// <summary>States freed.</summary>
    public int Disposed => Volatile.Read(ref _disposed);

    /// <summary>The picture that an edit gives: the source inverted, and the seed's lowest byte added.</summary>
    public static RgbImage Edited(EditRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        byte[] pixels = request.Image.Pixels.ToArray();
        for (int i = 0; i < pixels.Length; i++)
        {
            pixels[i] = (byte)(255 - pixels[i] + request.Seed);
        }
        return new RgbImage(request.Image.Width, request.Image.Height, pixels);
    }

    /// <summary>The picture that a preview gives: 8x8, its grey the share of the steps done.</summary>
    public static RgbImage Previewed(int step, int of)
    {
        byte level = (byte)(255 * step / of);
        return new RgbImage(8, 8, [.. Enumerable.Repeat(level, 8 * 8 * RgbImage.Channels)]);
    }

    /// <summary>What libtorch says when a GPU's memory does not suffice, as the exception that TorchSharp throws.</summary>
    [SuppressMessage("Usage", "CA2201", Justification = "It is the type that TorchSharp throws.")]
    public static Exception OutOfMemory() =>
        new ExternalException(
            "CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has a total capacity of 23.68 GiB of which 1.21 GiB is free."
        );

    /// <summary>This pipeline as a model to load.</summary>
    public LoadedModel Load(CancellationToken cancellationToken) => new(this, Description, new Nothing());

    /// <inheritdoc/>
    public EditShape Measure(EditRequest request, ImageSize source)
    {
        ArgumentNullException.ThrowIfNull(request);
        request.Validate();
        return new EditShape(SizeOf(request), RowsOf(request), request.Steps);
    }

    /// <inheritdoc/>
    public EditState Prepare(EditRequest request) => Prepare([request])[0];

    /// <inheritdoc/>
    public IReadOnlyList<EditState> Prepare(IReadOnlyList<EditRequest> requests)
    {
        ArgumentNullException.ThrowIfNull(requests);
        RequireOneThread();
        if (requests.Count == 0)
        {
            _breaches.Enqueue("a preparation of no edits");
        }
        OnPrepareTogether?.Invoke(requests);
        foreach (EditRequest request in requests)
        {
            OnPrepare?.Invoke(request);
        }
        Note(_preparations, requests);
        Interlocked.Add(ref _prepared, requests.Count);
        return [.. requests.Select(StateOf)];
    }

    /// <inheritdoc/>
    public void Step(IReadOnlyList<EditState> batch)
    {
        ArgumentNullException.ThrowIfNull(batch);
        RequireOneThread();
        if (batch.Count == 0 || batch.Select(state => state.WorkingSize).Distinct().Count() != 1)
        {
            _breaches.Enqueue("a step of no edits, or of several sizes");
        }
        if (batch.Any(state => state.IsDenoised || ((State)state).IsDisposed))
        {
            _breaches.Enqueue("a step of an edit that is done or disposed");
        }
        if (Permits is { } permits && !permits.Wait(LongestWait))
        {
            throw new TimeoutException("No permit for a step.");
        }
        OnStep?.Invoke(batch);
        Note(_steps, batch.Select(state => state.Request));
        foreach (State state in batch.Cast<State>())
        {
            state.Advance();
        }
    }

    /// <inheritdoc/>
    public RgbImage Preview(EditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireOneThread();
        if (state.StepIndex == 0 || ((State)state).IsDisposed)
        {
            _breaches.Enqueue("a preview of an edit that took no step, or is disposed");
        }
        OnPreview?.Invoke(state);
        return Previewed(state.StepIndex, state.StepCount);
    }

    /// <inheritdoc/>
    public EditResult Finish(EditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireOneThread();
        if (state.StepIndex == 0 || ((State)state).IsDisposed)
        {
            _breaches.Enqueue("an edit finished that took no step, or is disposed");
        }
        OnFinish?.Invoke(state);
        return new EditResult
        {
            Image = Paint?.Invoke(state.Request) ?? Edited(state.Request),
            RoundTrip = state.Request.IncludeRoundTrip ? state.Request.Image : null,
            WorkingSize = state.WorkingSize,
            Finish = state.IsDenoised ? EditFinish.Completed : EditFinish.Deadline,
            StepsDone = state.StepIndex,
            DroppedTokens = 0,
            TextTokens = state.Request.Instruction.Split(' ').Length + 2,
            PrepareTime = TimeSpan.FromMilliseconds(1),
            DenoiseTime = TimeSpan.FromMilliseconds(2),
            FinishTime = TimeSpan.FromMilliseconds(3),
        };
    }

    private void Note(ConcurrentQueue<string[]> notes, IEnumerable<EditRequest> requests)
    {
        if (TakesNotes)
        {
            notes.Enqueue([.. requests.Select(request => request.Instruction)]);
        }
    }

    private State StateOf(EditRequest request) =>
        new(this)
        {
            Request = request,
            WorkingSize = SizeOf(request),
            StepCount = request.Steps,
            Rows = RowsOf(request),
        };

    private void RequireOneThread()
    {
        int current = Environment.CurrentManagedThreadId;
        int first = Interlocked.CompareExchange(ref _threadId, current, 0);
        if (first != 0 && first != current)
        {
            _breaches.Enqueue($"called by threads {first} and {current}");
        }
    }

    private sealed class State(FakeEditPipeline pipeline) : EditState
    {
        public bool IsDisposed { get; private set; }

        public void Advance() => StepIndex++;

        protected override void Dispose(bool disposing)
        {
            if (IsDisposed)
            {
                pipeline._breaches.Enqueue("a state disposed twice");
                return;
            }
            IsDisposed = true;
            Interlocked.Increment(ref pipeline._disposed);
            pipeline.OnDispose?.Invoke(this);
        }
    }

    private sealed class Nothing : IDisposable
    {
        public void Dispose() { }
    }
}
