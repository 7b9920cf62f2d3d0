using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Editors;

namespace InstructDiffusion.Training.Tests.Evaluation;

/// <summary>Answers as a test says.</summary>
internal sealed class FakeEditor(Func<EditRequest, RgbImage?> answer) : IEditor
{
    public List<EditRequest> Requests { get; } = [];

    public IReadOnlyList<RgbImage?> Edit(
        IReadOnlyList<EditRequest> requests,
        Action<int> onSteps,
        CancellationToken cancellationToken
    )
    {
        cancellationToken.ThrowIfCancellationRequested();
        Requests.AddRange(requests);
        onSteps(requests.Sum(request => request.Steps));
        return [.. requests.Select(answer)];
    }
}
