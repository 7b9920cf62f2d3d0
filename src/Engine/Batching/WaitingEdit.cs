using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Engine.Batching;

/// <summary>An edit that waits, as measurements see it.</summary>
/// <param name="Priority">Its class.</param>
/// <param name="Size">The canvas that the model will work at.</param>
/// <param name="Work">Its predicted engine time, by itself.</param>
/// <param name="Waited">Time since it joined.</param>
public readonly record struct WaitingEdit(EditPriority Priority, ImageSize Size, TimeSpan Work, TimeSpan Waited);
