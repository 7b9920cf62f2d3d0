using InstructDiffusion.TestSupport;

[assembly: AssemblyFixture(typeof(ParityReport))]
