using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Loading;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Editing;

/// <summary>The shipped untrained model, opened through the loader as users open theirs.</summary>
internal static class ReferenceModel
{
    public static string Folder { get; } = RepositoryRoot.Of("models", "reference");

    public static LoadedModel Open() => ModelLoader.Open(new ModelLoadOptions { Path = Folder });

    public static EditRequest Request(int seed = 1, int steps = 4) =>
        new()
        {
            Image = TestImages.Photo(80, 64),
            Instruction = "turn the sky red",
            Steps = steps,
            Seed = seed,
            WorkingSize = WorkingSize.Of(new Engine.Imaging.ImageSize(64, 64)),
        };
}
