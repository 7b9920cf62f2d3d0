using InstructDiffusion.Browser.Tests.Driving;

[assembly: AssemblyFixture(typeof(Chromium))]

// One browser, and few cores: side by side the tests would only wait for each other.
[assembly: CollectionBehavior(CollectionBehavior.CollectionPerAssembly)]
