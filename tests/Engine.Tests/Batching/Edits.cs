using InstructDiffusion.Engine.Batching;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;

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

    public static EditTicket CancellableTicket(string name, int steps, CancellationToken cancellationToken) =>
        new(Request(name, steps), cancellationToken: cancellationToken);

    public static EditQueue OpenQueue(int capacity = 16, long maxPixels = 1_000_000)
    {
        var queue = new EditQueue(capacity, maxPixels, TimeProvider.System);
        queue.Open();
        return queue;
    }
}
