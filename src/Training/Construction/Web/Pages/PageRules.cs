namespace InstructDiffusion.Training.Construction.Web.Pages;

/// <summary>Where the parts of a request stand in the pages of a host; see <see cref="PageSelector"/>.</summary>
internal sealed record PageRules
{
    /// <summary>The host.</summary>
    public required string Host { get; init; }

    /// <summary>Each request of a page; the others are looked for below it.</summary>
    public string Request { get; init; } = "body";

    /// <summary>What is asked for.</summary>
    public string Title { get; init; } = "h1";

    /// <summary>Address of the picture to change.</summary>
    public required string Source { get; init; }

    /// <summary>Each answer below the request.</summary>
    public required string Result { get; init; }

    /// <summary>Address of the picture of an answer, below it.</summary>
    public string ResultPicture { get; init; } = "img@src";

    /// <summary>Votes of an answer, below it; without it, the order of the page is that of merit.</summary>
    public string? ResultScore { get; init; }

    /// <summary>Who made an answer, below it.</summary>
    public string? ResultAuthor { get; init; }

    /// <summary>Who asks.</summary>
    public string? Author { get; init; }

    /// <summary>What else is said of the request; looked through for unsafe words.</summary>
    public string? Text { get; init; }

    /// <summary>Licence of all pictures of the request; else that of their hosts.</summary>
    public string? Licence { get; init; }

    /// <summary>What marks a request as unsafe by being there.</summary>
    public string? Unsafe { get; init; }

    /// <summary>Address of the request's own page; else that it was found on.</summary>
    public string? Permalink { get; init; }

    /// <summary>Address of the next page of a list, in the whole page.</summary>
    public string? Next { get; init; }

    /// <summary>Results of a request at most.</summary>
    public int MostResults { get; init; } = 3;

    /// <summary>Refuses what makes no sense.</summary>
    /// <exception cref="InvalidDataException">It makes none; the message names the value.</exception>
    public void Check()
    {
        if (Uri.CheckHostName(Host) == UriHostNameType.Unknown)
        {
            throw new InvalidDataException($"pages: host: expected a host's name, got '{Host}'");
        }
        if (MostResults is < 1 or > 20)
        {
            throw new InvalidDataException($"pages: {Host}: most_results: expected 1 to 20, got {MostResults}");
        }
        string?[] selectors =
        [
            Request,
            Title,
            Source,
            Result,
            ResultPicture,
            ResultScore,
            ResultAuthor,
            Author,
            Text,
            Licence,
            Unsafe,
            Permalink,
            Next,
        ];
        foreach (string selector in selectors.OfType<string>())
        {
            try
            {
                PageSelector.Parse(selector);
            }
            catch (InvalidDataException error)
            {
                throw new InvalidDataException($"pages: {Host}: {error.Message}", error);
            }
        }
    }
}
