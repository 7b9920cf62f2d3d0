namespace InstructDiffusion.Api.Caching;

/// <summary>Whether the result of an equal edit will do.</summary>
internal enum EditReuse
{
    /// <summary>No: the seed was drawn, so nobody will ask for this edit again.</summary>
    None,

    /// <summary>The seed was drawn, but the client's library may send the request again (see <see cref="SdkRetries"/>).</summary>
    ForRetries,

    /// <summary>Yes: the client chose the seed.</summary>
    Full,
}
