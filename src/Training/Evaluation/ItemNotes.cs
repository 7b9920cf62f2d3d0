namespace InstructDiffusion.Training.Evaluation;

/// <summary>What was noted of one item; a line of <c>items.jsonl</c>.</summary>
internal sealed record ItemNotes
{
    /// <summary>The part of the data set, or the task; in a sweep with the settings behind it.</summary>
    public required string Split { get; init; }

    /// <summary>Of the item.</summary>
    public required int Index { get; init; }

    /// <summary>Of the model's answers; null where the item could not be read, or no model is asked.</summary>
    public double[]? Model { get; init; }

    /// <summary>Of the sources as answers.</summary>
    public double[]? Identity { get; init; }

    /// <summary>Of the ideal pictures after a round trip through the autoencoder; null where they are not known.</summary>
    public double[]? Ceiling { get; init; }

    /// <summary>PSNR of the source after a round trip through the autoencoder, where that is a figure of its own.</summary>
    public double? Autoencoder { get; init; }

    /// <summary>Answers that were no pictures and count as plain grey.</summary>
    public int NotFinite { get; init; }

    /// <summary>Why the item could not be read.</summary>
    public string? Broken { get; init; }

    /// <summary>What was asked, of the items that have a picture in the report.</summary>
    public IReadOnlyList<string>? Instructions { get; init; }
}
