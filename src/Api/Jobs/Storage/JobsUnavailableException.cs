namespace InstructDiffusion.Api.Jobs.Storage;

/// <summary>The store cannot be used now: its disk is full or away, or someone else holds it. The same call can succeed later.</summary>
internal sealed class JobsUnavailableException(string reason, Exception? innerException = null)
    : Exception(reason, innerException);
