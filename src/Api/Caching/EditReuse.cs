namespace InstructDiffusion.Api.Caching;

/// <summary>Whether the result of an equal edit will do.</summary>
internal enum EditReuse
{
    /// <summary>No: the seed was drawn, so nobody will ask for this edit again.</summary>
    None,

    /// <summary>
    /// Yes, but not for long: the same client may ask again because an answer was lost (see <see cref="SdkRetries"/>), or its
    /// job may be run again.
    /// </summary>
    Brief,

    /// <summary>Yes: the client chose the seed.</summary>
    Full,
}
