using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Operations;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Vision;

/// <summary>Jobs of the type <c>restore</c>: what POST /v1/vision/restore does.</summary>
internal sealed class RestoreJob(VisionOrders orders, EditDesk edits, JobCost costs) : PictureJob(edits, costs)
{
    /// <summary>The type.</summary>
    public const string Name = "restore";

    public override string Type => Name;

    public override IReadOnlyList<EditField> Fields => VisionField.OfRestore;

    protected override EditOrder OrderOf(EditForm form, ModelDescription model) => orders.RestoreOf(form, model);
}
