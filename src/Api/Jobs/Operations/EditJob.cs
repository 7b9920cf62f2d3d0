using InstructDiffusion.Api.Edits;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Jobs.Operations;

/// <summary>Jobs of the type <c>edit</c>: what POST /v1/edits does.</summary>
internal sealed class EditJob(EditIntake intake, EditDesk edits, JobCost costs) : PictureJob(edits, costs)
{
    /// <summary>The type.</summary>
    public const string Name = "edit";

    public override string Type => Name;

    public override IReadOnlyList<EditField> Fields => EditField.All;

    protected override EditOrder OrderOf(EditForm form, ModelDescription model) => intake.OrderOf(form, model);
}
