using InstructDiffusion.Engine.Native;

namespace InstructDiffusion.TestSupport;

/// <summary>Loads libtorch before the first test, the way the programs do.</summary>
public sealed class EngineStartup
{
    public EngineStartup()
    {
        Libtorch.Load();
    }
}
