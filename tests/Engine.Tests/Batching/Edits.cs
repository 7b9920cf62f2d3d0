using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;

namespace InstructDiffusion.Engine.Tests.Batching;

/// <summary>Short ways to make tickets; the instruction serves as the edit's name.</summary>
internal static class Edits
{
    public static EditRequest Request(string name, int steps = 3, int side = 64) =>
        new()
        {
            Image = new RgbImage(2, 2, new byte[12]),
            Instruction = name,
            Steps = steps,
            WorkingSize = WorkingSize.Of(new ImageSize(side, side)),
        };

    public static EditTicket Ticket(string name, int steps = 3, int side = 64) => new(Request(name, steps, side));

    public static EditTicket Ticket(string name, EditTicketOptions options, int steps = 3, int side = 64) =>
        new(Request(name, steps, side), options);

    public static EditTicket CancellableTicket(string name, int steps, CancellationToken cancellationToken) =>
        new(Request(name, steps), cancellationToken: cancellationToken);

    /// <summary>A queue that takes edits as the pipeline measures them.</summary>
    public static EditQueue OpenQueue(
        QueueLimits? limits = null,
        FakeEditPipeline? pipeline = null,
        TimeProvider? time = null,
        BatchLimits? batch = null
    )
    {
        var queue = new EditQueue(limits ?? new QueueLimits(), batch ?? new BatchLimits(), time ?? TimeProvider.System);
        queue.Open((pipeline ?? new FakeEditPipeline()).Measure);
        return queue;
    }
}
