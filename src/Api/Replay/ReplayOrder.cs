using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Imaging;

namespace InstructDiffusion.Api.Replay;

/// <summary>A picture to make again.</summary>
/// <param name="Record">How it was made.</param>
/// <param name="Picture">The picture.</param>
/// <param name="Order">The edit that made it.</param>
internal sealed record ReplayOrder(PictureRecord Record, RgbImage Picture, EditOrder Order);
