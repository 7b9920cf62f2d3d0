using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Caching;

/// <summary>One of those who wait for a <see cref="SharedEdit"/>.</summary>
/// <param name="options">Who is told of its progress.</param>
internal sealed class EditWaiter(EditTicketOptions options)
{
    private readonly TaskCompletionSource<EditResult> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>The edit's outcome; or what this one's own report threw, which must not harm the others.</summary>
    public Task<EditResult> Done => _done.Task;

    public void Complete(EditResult result) => _done.TrySetResult(result);

    public void Fail(Exception error) => _done.TrySetException(error);

    public void Report(EditProgress progress) => Guard(() => options.OnProgress?.Invoke(progress));

    public void Show(EditProgress progress, RgbImage preview) =>
        Guard(() => options.OnPreview?.Invoke(progress, preview));

    private void Guard(Action report)
    {
        try
        {
            report();
        }
        catch (Exception error)
        {
            Fail(error);
        }
    }
}
