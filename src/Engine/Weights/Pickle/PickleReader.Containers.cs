namespace InstructDiffusion.Engine.Weights.Pickle;

/// <content>Lists, tuples, dictionaries and sets.</content>
public sealed partial class PickleReader
{
    private bool RunContainer(PickleOpcode opcode)
    {
        switch (opcode)
        {
            case PickleOpcode.EmptyTuple:
                Push(PickleTuple.Empty);
                break;
            case PickleOpcode.Tuple:
                Push(new PickleTuple(PopToMark()));
                break;
            case PickleOpcode.Tuple1 or PickleOpcode.Tuple2 or PickleOpcode.Tuple3:
                PushTuple(opcode - PickleOpcode.Tuple1 + 1);
                break;
            case PickleOpcode.EmptyList:
                PushContainer(new List<object?>());
                break;
            case PickleOpcode.List:
                PushContainer(new List<object?>(PopToMark()));
                break;
            case PickleOpcode.EmptyDict:
                PushContainer(new PickleDict());
                break;
            case PickleOpcode.Dict:
                var entries = PopToMark();
                PushContainer(new PickleDict());
                SetItems(entries);
                break;
            case PickleOpcode.EmptySet:
                PushContainer(NewSet([]));
                break;
            case PickleOpcode.FrozenSet:
                PushContainer(NewSet(PopToMark()));
                break;
            case PickleOpcode.Append:
                var item = Pop();
                AddItems([item]);
                break;
            case PickleOpcode.Appends or PickleOpcode.AddItems:
                AddItems(PopToMark());
                break;
            case PickleOpcode.SetItem:
                var value = Pop();
                var key = Pop();
                SetItems([key, value]);
                break;
            case PickleOpcode.SetItems:
                SetItems(PopToMark());
                break;
            default:
                return false;
        }
        return true;
    }

    private void PushContainer(object container)
    {
        Charge(ContainerCost);
        Push(container);
    }

    private void PushTuple(int count)
    {
        var items = new object?[count];
        for (var i = count - 1; i >= 0; i--)
        {
            items[i] = Pop();
        }
        Push(new PickleTuple(items));
    }

    private HashSet<object?> NewSet(IReadOnlyCollection<object?> items)
    {
        ChargeKeys(items);
        return new HashSet<object?>(items, PickleKeyComparer.Instance);
    }

    private void AddItems(object?[] items)
    {
        switch (Peek())
        {
            case List<object?> list:
                list.AddRange(items);
                break;
            case PickleObject inert:
                inert.ItemList.AddRange(items);
                break;
            case HashSet<object?> set:
                ChargeKeys(items);
                set.UnionWith(items);
                break;
            case var other:
                throw _input.Error($"items are added to {Describe(other)}");
        }
    }

    private void SetItems(object?[] keysAndValues)
    {
        var target = Peek() switch
        {
            PickleDict dictionary => dictionary,
            PickleObject inert => inert.Entries,
            var other => throw _input.Error($"entries are set in {Describe(other)}"),
        };
        if (keysAndValues.Length % 2 != 0)
        {
            throw _input.Error("a key has no value");
        }
        for (var i = 0; i < keysAndValues.Length; i += 2)
        {
            if (keysAndValues[i] is List<object?> or PickleDict or HashSet<object?>)
            {
                throw _input.Error($"{Describe(keysAndValues[i])} cannot be a key");
            }
            Charge(OpcodeCost + PickleKeyComparer.Cost(keysAndValues[i]));
            target.Set(keysAndValues[i], keysAndValues[i + 1]);
        }
    }

    // One by one: the same long tuple may be among them a million times, and even its cost takes time.
    private void ChargeKeys(IEnumerable<object?> keys)
    {
        foreach (var key in keys)
        {
            Charge(PickleKeyComparer.Cost(key));
        }
    }

    private static string Describe(object? value) =>
        value switch
        {
            null => "None",
            List<object?> list => $"list of {list.Count}",
            HashSet<object?> set => $"set of {set.Count}",
            string text => $"text of {text.Length}",
            byte[] bytes => $"{bytes.Length} bytes",
            _ => value.ToString() ?? value.GetType().Name,
        };
}
