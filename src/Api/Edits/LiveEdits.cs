using System.Threading.Channels;
using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Edits;

/// <summary>
/// An order in the engine, with what happens to it as it happens. The engine never waits for whoever looks: when a reader is
/// slow, the oldest news is dropped.
/// </summary>
internal sealed class LiveEdits
{
    private const int MostUnread = 64;

    private readonly Channel<EditNews> _news = Channel.CreateBounded<EditNews>(
        new BoundedChannelOptions(MostUnread) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true }
    );

    /// <summary>Starts the edits of an order.</summary>
    /// <param name="edits">Makes them.</param>
    /// <param name="order">What to make.</param>
    /// <param name="options">How they want to be served; the reports are taken by <see cref="News"/>.</param>
    /// <param name="queued">Told of each that has joined the queue.</param>
    /// <param name="cancellationToken">Cancels them.</param>
    public LiveEdits(
        EditDesk edits,
        EditOrder order,
        EditTicketOptions options,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    ) => Results = RunAsync(edits, order, options, queued, cancellationToken);

    /// <summary>What happened since the last look; ends when <see cref="Results"/> is there.</summary>
    public ChannelReader<EditNews> News => _news.Reader;

    /// <summary>The outcome of all. Has failed already when the engine refused them at once.</summary>
    public Task<IReadOnlyList<FinishedEdit>> Results { get; }

    private async Task<IReadOnlyList<FinishedEdit>> RunAsync(
        EditDesk edits,
        EditOrder order,
        EditTicketOptions options,
        Action<EditTicket>? queued,
        CancellationToken cancellationToken
    )
    {
        try
        {
            return await EditSeries.RunAsync(edits, order, i => Reporting(options, i), queued, cancellationToken);
        }
        finally
        {
            _news.Writer.Complete();
        }
    }

    private EditTicketOptions Reporting(EditTicketOptions options, int index) =>
        options with
        {
            OnProgress = progress => Tell(new EditNews(index, progress, Preview: null)),
            OnPreview = (progress, preview) => Tell(new EditNews(index, progress, preview)),
        };

    private void Tell(EditNews news) => _news.Writer.TryWrite(news);
}

/// <summary>One thing that happened to an edit of an order.</summary>
/// <param name="Index">Which of its pictures, 0….</param>
/// <param name="Progress">How far it has come.</param>
/// <param name="Preview">What it looks like so far, small; null when only a step was taken.</param>
internal sealed record EditNews(int Index, EditProgress Progress, RgbImage? Preview);
