using System.Collections.Concurrent;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.TestSupport;

/// <summary>
/// The pipeline without a model: deterministic pictures, scripted faults, steps that wait for a permit. Notes every breach of
/// the pipeline's contract in <see cref="Breaches"/>.
/// </summary>
public sealed class FakeEditPipeline : IEditPipeline
{
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(60);
    private readonly ConcurrentQueue<string[]> _steps = new();
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

    /// <summary>Runs in Prepare; throw from it to fail there.</summary>
    public Action<EditRequest>? OnPrepare { get; set; }

    /// <summary>Runs in Step before any state advances; throw from it to fail there.</summary>
    public Action<IReadOnlyList<EditState>>? OnStep { get; set; }

    /// <summary>Runs in Finish; throw from it to fail there.</summary>
    public Action<EditState>? OnFinish { get; set; }

    /// <summary>Runs when a state is disposed for the first time.</summary>
    public Action<EditState>? OnDispose { get; set; }

    /// <summary>When set, every step takes one permit before it goes on.</summary>
    public SemaphoreSlim? Permits { get; set; }

    /// <summary>The instructions of the edits in each step taken so far.</summary>
    public IReadOnlyList<string[]> Steps => [.. _steps];

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

    /// <summary>This pipeline as a model to load.</summary>
    public LoadedModel Load(CancellationToken cancellationToken) => new(this, Description, new Nothing());

    /// <inheritdoc/>
    public EditState Prepare(EditRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        RequireOneThread();
        OnPrepare?.Invoke(request);
        Interlocked.Increment(ref _prepared);
        return new State(this)
        {
            Request = request,
            WorkingSize = SizeOf(request),
            StepCount = request.Steps,
            Rows = RowsOf(request),
        };
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
        _steps.Enqueue([.. batch.Select(state => state.Request.Instruction)]);
        foreach (State state in batch.Cast<State>())
        {
            state.Advance();
        }
    }

    /// <inheritdoc/>
    public EditResult Finish(EditState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        RequireOneThread();
        if (!state.IsDenoised || ((State)state).IsDisposed)
        {
            _breaches.Enqueue("an edit finished that is not done, or disposed");
        }
        OnFinish?.Invoke(state);
        return new EditResult
        {
            Image = Edited(state.Request),
            RoundTrip = state.Request.IncludeRoundTrip ? state.Request.Image : null,
            WorkingSize = state.WorkingSize,
            DroppedTokens = 0,
            PrepareTime = TimeSpan.FromMilliseconds(1),
            DenoiseTime = TimeSpan.FromMilliseconds(2),
            FinishTime = TimeSpan.FromMilliseconds(3),
        };
    }

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
