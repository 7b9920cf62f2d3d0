using System.Text;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Jobs.Intake;

namespace InstructDiffusion.Api.Tests.Jobs.Intake;

public sealed class StoredFormTests
{
    private static readonly EditField[] Fields = [.. EditField.All, JobField.Type];

    [Fact]
    public void Write_Form_ReadsAsItWasWithoutWhatBelongsToOthers()
    {
        EditForm form = Form(("instruction", "make it \"winter\" ☃\n"), ("n", "3"), ("type", "edit"));
        form.Set(EditField.Steps, new FieldValue("20", FieldNotation.JsonNumber));
        form.Set(EditField.Image, new byte[] { 1, 2, 3 });

        EditForm read = StoredForm.Read(StoredForm.Write(form, EditField.All), form.Files, EditField.All);

        Assert.Equal("make it \"winter\" ☃\n", read.Get(EditField.Instruction)?.Text);
        Assert.Equal(new FieldValue("20", FieldNotation.JsonNumber), read.Get(EditField.Steps));
        Assert.Equal(new FieldValue("3", FieldNotation.Form), read.Get(EditField.Count));
        Assert.Equal([1, 2, 3], read.File(EditField.Image)?.ToArray());
        Assert.Null(read.Get(JobField.Type));
        Assert.Null(read.File(EditField.Mask));
    }

    [Fact]
    public void Hash_SameValuesInAnotherOrderAndNotation_IsTheSame()
    {
        EditForm one = Form(("instruction", "x"), ("steps", "3"));
        EditForm other = JsonForm.Read(Encoding.UTF8.GetBytes("""{"steps": 3, "instruction": "x"}"""), Fields);

        Assert.Equal(StoredForm.Hash("edit", one, Fields), StoredForm.Hash("edit", other, Fields));
    }

    [Fact]
    public void Hash_AnythingElse_IsAnother()
    {
        EditForm form = Form(("instruction", "x"), ("steps", "3"));
        EditForm withFile = Form(("instruction", "x"), ("steps", "3"));
        withFile.Set(EditField.Image, new byte[] { 1 });
        EditForm otherFile = Form(("instruction", "x"), ("steps", "3"));
        otherFile.Set(EditField.Mask, new byte[] { 1 });

        string[] hashes =
        [
            StoredForm.Hash("edit", form, Fields),
            StoredForm.Hash("segment", form, Fields),
            StoredForm.Hash("edit", Form(("instruction", "x"), ("steps", "4")), Fields),
            StoredForm.Hash("edit", Form(("instruction", "xsteps3")), Fields),
            StoredForm.Hash("edit", Form(("instruction", "x"), ("seed", "3")), Fields),
            StoredForm.Hash("edit", Form(("instruction", "x")), Fields),
            StoredForm.Hash("edit", withFile, Fields),
            StoredForm.Hash("edit", otherFile, Fields),
        ];

        Assert.Equal(hashes.Length, hashes.Distinct().Count());
    }

    private static EditForm Form(params (string Name, string Value)[] values)
    {
        var form = new EditForm(Fields);
        foreach ((string name, string value) in values)
        {
            form.Set(form.Meet(name)!, new FieldValue(value, FieldNotation.Form));
        }
        return form;
    }
}
