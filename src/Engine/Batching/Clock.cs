namespace InstructDiffusion.Engine.Batching;

/// <summary>One kind of time for everything in this folder: monotone, as a span.</summary>
internal static class Clock
{
    /// <summary>Time since an unknown but fixed moment.</summary>
    public static TimeSpan SinceStart(this TimeProvider time) => time.GetElapsedTime(0);
}
