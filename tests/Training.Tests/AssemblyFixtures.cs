using InstructDiffusion.TestSupport;

[assembly: AssemblyFixture(typeof(EngineStartup))]
[assembly: AssemblyFixture(typeof(ParityReport))]
