namespace InstructDiffusion.Api.Observability;

/// <summary>What an edit spends its time on, from bytes to bytes.</summary>
internal enum EditStage
{
    /// <summary>The source picture's file becomes pixels.</summary>
    Decode,

    /// <summary>The instruction becomes text states.</summary>
    Text,

    /// <summary>The picture becomes latents.</summary>
    VaeEnc,

    /// <summary>The denoising steps.</summary>
    Denoise,

    /// <summary>Latents become a picture.</summary>
    VaeDec,

    /// <summary>The result's pixels become a file.</summary>
    Encode,
}

/// <summary>The names of stages in traces; elsewhere <see cref="Label{T}"/> has them.</summary>
internal static class EditStageSpans
{
    public static string SpanName(this EditStage stage) =>
        stage switch
        {
            EditStage.Decode => "idiff.image.decode",
            EditStage.Text => "idiff.text.encode",
            EditStage.VaeEnc => "idiff.vae.encode",
            EditStage.Denoise => "idiff.denoise",
            EditStage.VaeDec => "idiff.vae.decode",
            _ => "idiff.image.encode",
        };
}
