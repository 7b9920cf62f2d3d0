namespace InstructDiffusion.Engine.Weights.Pickle;

/// <content>Names, calls and instances: the opcodes that would run code in Python.</content>
public sealed partial class PickleReader
{
    private bool RunObject(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.Global:
                var module = _input.Line();
                Push(Name(module, _input.Line()));
                break;
            case PickleOpcode.StackGlobal:
                var name = Pop();
                Push(Name(Pop(), name));
                break;
            case PickleOpcode.Reduce or PickleOpcode.NewObject:
                var arguments = Pop();
                Push(Call(Pop(), arguments));
                break;
            case PickleOpcode.NewObjectEx:
                Pop(); // keyword arguments, which no class that we know takes
                var positional = Pop();
                Push(Call(Pop(), positional));
                break;
            case PickleOpcode.Instance:
                var instanceModule = _input.Line();
                var type = Name(instanceModule, _input.Line());
                Push(Call(type, new PickleTuple(PopToMark())));
                break;
            case PickleOpcode.Object:
                var parts = PopToMark();
                Push(
                    parts.Length > 0
                        ? Call(parts[0], new PickleTuple(parts[1..]))
                        : throw _input.Error("an object has no class")
                );
                break;
            case PickleOpcode.Build:
                Build();
                break;
            case PickleOpcode.PersistentId:
                Push(LoadPersistent(_input.Line()));
                break;
            case PickleOpcode.BinPersistentId:
                Push(LoadPersistent(Pop()));
                break;
            case PickleOpcode.Extension1 or PickleOpcode.Extension2 or PickleOpcode.Extension4:
                throw _input.Error("it uses the extension registry, which has no entries here");
            case PickleOpcode.NextBuffer:
                throw _input.Error("it refers to out-of-band buffers, which are not in the file");
            default:
                return false;
        }
        return true;
    }

    private PickleGlobal Name(object? module, object? name)
    {
        if (module is not string moduleName || name is not string globalName)
        {
            throw _input.Error("the name of a class is not text");
        }
        var global = new PickleGlobal(moduleName, globalName);
        return PickleCalls.IsAttack(global)
            ? throw _input.Error($"it refers to {global}, as only a malicious file would. Nothing was run")
            : global;
    }

    private object? Call(object? callable, object? arguments)
    {
        if (arguments is not PickleTuple tuple)
        {
            throw _input.Error($"the arguments of a call are {Describe(arguments)} instead of a tuple");
        }
        Charge(ContainerCost);
        if (callable is not PickleGlobal global)
        {
            return new PickleObject(null, tuple);
        }
        if (_options.Calls.TryGetValue(global.ToString(), out var known))
        {
            return known(tuple);
        }
        return PickleCalls.TryCall(global, tuple, Charge, out var value) ? value : new PickleObject(global, tuple);
    }

    private void Build()
    {
        var state = Pop();
        // Attributes of containers and tensors (an OrderedDict's _metadata) carry no data.
        if (Peek() is PickleObject inert)
        {
            inert.State = state;
        }
    }

    private object? LoadPersistent(object? id) =>
        _options.PersistentLoad is { } load
            ? load(id)
            : throw _input.Error("it refers to objects outside of it, and none were expected");
}
