using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Training.Editors;
using InstructDiffusion.Training.Evaluation.Protocols;

namespace InstructDiffusion.Training.Tests.Evaluation.Protocols;

/// <summary>Answers as a perfect model would, or with the source, and can stop in the middle.</summary>
internal sealed class IdealEditor(IProtocol protocol, bool doesNothing = false, int most = int.MaxValue) : IEditor
{
    public List<EditRequest> Requests { get; } = [];

    public IReadOnlyList<RgbImage?> Edit(
        IReadOnlyList<EditRequest> requests,
        Action<int> onSteps,
        CancellationToken cancellationToken
    )
    {
        Requests.AddRange(requests);
        return Requests.Count > most
            ? throw new OperationCanceledException("as if Ctrl-C had been pressed")
            : [.. requests.Select(Answer)];
    }

    private RgbImage? Answer(EditRequest request) =>
        doesNothing
            ? request.Image
            : Enumerable
                .Range(0, protocol.Count)
                .SelectMany(index => protocol.Read(index).Parts)
                .First(part =>
                    string.Equals(part.Instruction, request.Instruction, StringComparison.Ordinal)
                    && part.Source.Pixels.SequenceEqual(request.Image.Pixels)
                )
                .Ideal;
}
