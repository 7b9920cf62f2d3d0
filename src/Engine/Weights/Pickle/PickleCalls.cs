using System.Text;

namespace InstructDiffusion.Engine.Weights.Pickle;

/// <summary>The standard library's containers and encodings, made without Python; and the names that only an attack uses.</summary>
internal static class PickleCalls
{
    private static readonly HashSet<string> _attackModules = new(StringComparer.Ordinal)
    {
        "os",
        "posix",
        "nt",
        "posixpath",
        "subprocess",
        "commands",
        "sys",
        "shutil",
        "socket",
        "pty",
        "runpy",
        "importlib",
        "ctypes",
        "code",
        "codeop",
        "webbrowser",
        "pdb",
        "bdb",
        "timeit",
        "pip",
        "marshal",
        "imp",
    };

    private static readonly HashSet<string> _attackBuiltins = new(StringComparer.Ordinal)
    {
        "eval",
        "exec",
        "execfile",
        "compile",
        "open",
        "file",
        "input",
        "raw_input",
        "apply",
        "breakpoint",
        "__import__",
    };

    /// <summary>Whether a data file has no honest reason to name this.</summary>
    public static bool IsAttack(PickleGlobal global)
    {
        var dot = global.Module.IndexOf('.', StringComparison.Ordinal);
        var package = dot < 0 ? global.Module : global.Module[..dot];
        return _attackModules.Contains(package) || (IsBuiltin(package) && _attackBuiltins.Contains(global.Name));
    }

    /// <summary>Makes the value of a known call; false where the function is unknown or its arguments are unusual.</summary>
    /// <param name="global">The function or class.</param>
    /// <param name="arguments">Its arguments.</param>
    /// <param name="charge">Told the size of what is copied, before it is.</param>
    /// <param name="value">The result.</param>
    public static bool TryCall(PickleGlobal global, PickleTuple arguments, Action<long> charge, out object? value)
    {
        var name = IsBuiltin(global.Module) ? $"builtins.{global.Name}" : global.ToString();
        var first = arguments.Count > 0 ? arguments[0] : null;
        value = name switch
        {
            "collections.OrderedDict" or "builtins.dict" => Dictionary(first, charge),
            "collections.defaultdict" => new PickleDict(),
            "builtins.list" => new List<object?>(Items(first, charge)),
            "builtins.tuple" => new PickleTuple(Items(first, charge)),
            "builtins.set" or "builtins.frozenset" => new HashSet<object?>(
                Items(first, charge),
                PickleKeyComparer.Instance
            ),
            "builtins.bytes" or "builtins.bytearray" => RawBytes(arguments, charge),
            "_codecs.encode" => RawBytes(arguments, charge),
            "copy_reg._reconstructor" or "copyreg._reconstructor" => Inert(arguments),
            "copyreg.__newobj__" or "copy_reg.__newobj__" => Inert(arguments),
            _ => null,
        };
        return value is not null;
    }

    private static bool IsBuiltin(string module) => module is "builtins" or "__builtin__";

    private static PickleDict Dictionary(object? entries, Action<long> charge)
    {
        var dictionary = new PickleDict();
        foreach (var entry in Items(entries, charge))
        {
            // Old pickles give an OrderedDict its pairs, as lists or tuples.
            if (entry is IReadOnlyList<object?> { Count: 2 } pair)
            {
                charge(PickleKeyComparer.Cost(pair[0]));
                dictionary.Set(pair[0], pair[1]);
            }
        }
        return dictionary;
    }

    private static object?[] Items(object? items, Action<long> charge)
    {
        switch (items)
        {
            case IReadOnlyCollection<object?> collection:
                charge(collection.Count * 64L);
                foreach (var item in collection)
                {
                    charge(PickleKeyComparer.Cost(item));
                }
                return [.. collection];
            default:
                return [];
        }
    }

    // bytes under protocol 2 are _codecs.encode(latin-1 text, 'latin1') and the like.
    private static byte[]? RawBytes(PickleTuple arguments, Action<long> charge)
    {
        switch (arguments.Count > 0 ? arguments[0] : Array.Empty<byte>())
        {
            case string text when arguments.Count > 1 && arguments[1] is "latin1" or "latin-1" or "iso-8859-1":
                charge(text.Length);
                return Encoding.Latin1.GetBytes(text);
            case string text:
                charge(text.Length * 3L);
                return Encoding.UTF8.GetBytes(text);
            case byte[] bytes:
                return bytes;
            default:
                return null;
        }
    }

    private static PickleObject? Inert(PickleTuple arguments) =>
        arguments.Count > 0 && arguments[0] is PickleGlobal type ? new PickleObject(type, arguments) : null;
}
