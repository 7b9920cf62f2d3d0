namespace InstructDiffusion.Training.Recipes;

/// <summary>Which kinds have which of the <see cref="ReleasedDefect"/>s.</summary>
public static class ReleasedDefects
{
    private static readonly ReleasedDefect[] _poses =
    [
        ReleasedDefect.UntransformedHiddenJoints,
        ReleasedDefect.TruncatedPositions,
        ReleasedDefect.EdgeClause,
        ReleasedDefect.EmptyInstruction,
    ];

    private static readonly ReleasedDefect[] _restoration =
    [
        ReleasedDefect.PairsByOrder,
        ReleasedDefect.IgnoresOrientation,
    ];

    private static readonly ReleasedDefect[] _editing = [ReleasedDefect.FlipsSides, ReleasedDefect.IgnoresOrientation];

    /// <summary>The defects that a kind can reproduce.</summary>
    public static IReadOnlyList<ReleasedDefect> Of(DataSourceKind kind) =>
        kind switch
        {
            DataSourceKind.CocoKeypoints => [ReleasedDefect.HalfBodyNormalDraw, .. _poses],
            DataSourceKind.Mpii or DataSourceKind.CrowdPose or DataSourceKind.Aic => _poses,
            DataSourceKind.CocoStuff => [ReleasedDefect.TruncatedOverlay, ReleasedDefect.AbsentListGaps],
            DataSourceKind.RefCoco => [ReleasedDefect.TruncatedOverlay, ReleasedDefect.PolygonHoles],
            DataSourceKind.GRefCoco => [ReleasedDefect.TruncatedOverlay],
            DataSourceKind.GoPro or DataSourceKind.Reds or DataSourceKind.Sidd or DataSourceKind.Clwd => _restoration,
            DataSourceKind.InstructPix2Pix => [ReleasedDefect.WhiteForBroken, .. _editing],
            _ => DataSourceKinds.IsPairs(kind) ? _editing : [],
        };
}
