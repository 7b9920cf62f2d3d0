using System.Text.Json.Serialization;

namespace InstructDiffusion.Engine.Sampling;

/// <summary>Which conditions a model was trained to go without, and hence how its branches are combined.</summary>
public enum GuidanceFamily
{
    /// <summary>0.5(m+x̂) + s_T(c−m) + s_I(c−x̂); identity at (0.5, 0.5). Never evaluates the fully unconditional branch.</summary>
    InstructDiffusion,

    /// <summary>u + s_T(c−m) + s_I(m−u); identity at (1, 1) (Brooks et al. 2023, eq. 3).</summary>
    [JsonStringEnumMemberName("instruct_pix2pix")] // the naming policy would make it instruct_pix2_pix
    InstructPix2Pix,
}
