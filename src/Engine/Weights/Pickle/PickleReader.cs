using System.Runtime.InteropServices;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>
/// Reads Python pickles of protocols 0 to 5 without Python: a stack machine that builds lists, dictionaries, tuples, texts and
/// numbers, and nothing else. Names of classes and functions stay names (<see cref="PickleGlobal"/>), their calls and instances
/// inert (<see cref="PickleObject"/>). Memory and time are bounded by <see cref="PickleReaderOptions.Budget"/>; nothing recurses.
/// </summary>
/// <remarks>
/// Values: None is null; bool, long, <see cref="System.Numerics.BigInteger"/>, double, string, byte[]; <see cref="PickleTuple"/>,
/// List&lt;object?&gt;, <see cref="PickleDict"/>, HashSet&lt;object?&gt;; the graph may contain itself.
/// Source: the opcode documentation in CPython's <c>pickletools.py</c>.
/// </remarks>
public sealed partial class PickleReader
{
    private const int OpcodeCost = 64;
    private const int ContainerCost = 128;

    private readonly PickleReaderOptions _options;
    private readonly PickleInput _input;
    private readonly List<object?> _stack = [];
    private readonly List<int> _marks = [];
    private readonly Dictionary<long, object?> _memo = [];
    private long _spent;

    private PickleReader(Stream stream, PickleReaderOptions options)
    {
        _options = options;
        _input = new PickleInput(stream, options.Name);
    }

    /// <summary>Reads one pickle; the stream then stands behind it.</summary>
    /// <param name="stream">Seekable; best buffered.</param>
    /// <param name="options">Limits and what is known.</param>
    /// <param name="cancellationToken">Looked at every few thousand opcodes.</param>
    /// <exception cref="CheckpointFormatException">The pickle is damaged, over budget or names a function that only an attack would.</exception>
    public static object? Read(
        Stream stream,
        PickleReaderOptions? options = null,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (!stream.CanSeek)
        {
            throw new ArgumentException("must be seekable", nameof(stream));
        }
        return new PickleReader(stream, options ?? new PickleReaderOptions()).Run(cancellationToken);
    }

    private object? Run(CancellationToken cancellationToken)
    {
        for (long count = 0; ; count++)
        {
            if (count % 4096 == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }
            Charge(OpcodeCost);
            var opcode = (PickleOpcode)_input.Byte();
            if (opcode == PickleOpcode.Stop)
            {
                return Pop();
            }
            if (
                !RunLiteral(opcode)
                && !RunText(opcode)
                && !RunContainer(opcode)
                && !RunStackOrMemo(opcode)
                && !RunObject(opcode)
            )
            {
                throw _input.Error($"unknown opcode 0x{(int)opcode:x2}");
            }
        }
    }

    private bool RunStackOrMemo(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Mark:
                _marks.Add(_stack.Count);
                break;
            case PickleOpcode.Pop when _marks.Count > 0 && _marks[^1] == _stack.Count:
                _marks.RemoveAt(_marks.Count - 1);
                break;
            case PickleOpcode.Pop:
                Pop();
                break;
            case PickleOpcode.PopMark:
                PopToMark();
                break;
            case PickleOpcode.Dup:
                _stack.Add(Peek());
                break;
            case PickleOpcode.Put:
                Memoize(LineNumber());
                break;
            case PickleOpcode.BinPut:
                Memoize(_input.Byte());
                break;
            case PickleOpcode.LongBinPut:
                Memoize(_input.Count(4));
                break;
            case PickleOpcode.Memoize:
                Memoize(_memo.Count);
                break;
            case PickleOpcode.Get:
                Recall(LineNumber());
                break;
            case PickleOpcode.BinGet:
                Recall(_input.Byte());
                break;
            case PickleOpcode.LongBinGet:
                Recall(_input.Count(4));
                break;
            default:
                return false;
        }
        return true;
    }

    private long LineNumber() =>
        PickleText.Integer(_input.Line()) is long number ? number : throw _input.Error("a memo number is not a number");

    private void Memoize(long key) => _memo[key] = Peek();

    private void Recall(long key) =>
        _stack.Add(_memo.TryGetValue(key, out var value) ? value : throw _input.Error($"memo {key} is empty"));

    private int Fence => _marks.Count > 0 ? _marks[^1] : 0;

    private object? Peek() => _stack.Count > Fence ? _stack[^1] : throw _input.Error("its stack is empty");

    private object? Pop()
    {
        var value = Peek();
        _stack.RemoveAt(_stack.Count - 1);
        return value;
    }

    private object?[] PopToMark()
    {
        if (_marks.Count == 0)
        {
            throw _input.Error("a mark is missing");
        }
        var start = _marks[^1];
        _marks.RemoveAt(_marks.Count - 1);
        var items = CollectionsMarshal.AsSpan(_stack)[start..].ToArray();
        _stack.RemoveRange(start, items.Length);
        return items;
    }

    private void Push(object? value) => _stack.Add(value);

    private void Charge(long cost)
    {
        // The budget is far below 2^62, and so is every single cost.
        _spent += cost;
        if (_spent > _options.Budget)
        {
            throw _input.Error($"it needs more than the {_options.Budget >> 20} MiB allowed for reading it");
        }
    }
}
