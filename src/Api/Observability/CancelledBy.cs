namespace InstructDiffusion.Api.Observability;

/// <summary>Who gave an edit up.</summary>
internal enum CancelledBy
{
    /// <summary>Its client closed the connection.</summary>
    Client,

    /// <summary>Its job was cancelled.</summary>
    Delete,

    /// <summary>Its time was over.</summary>
    Deadline,

    /// <summary>The server stopped before it was done.</summary>
    Shutdown,
}
