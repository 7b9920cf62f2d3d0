using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Api.Edits;

namespace InstructDiffusion.Api.Jobs.Intake;

/// <summary>A form as text, and back; and what tells two forms apart.</summary>
internal static class StoredForm
{
    /// <summary>The values of a form that belong to these fields, as JSON.</summary>
    public static string Write(EditForm form, IReadOnlyList<EditField> fields) =>
        JsonSerializer.Serialize(
            form.Values.Where(value => Has(fields, value.Key)).ToDictionary(value => value.Key, value => value.Value),
            ApiJson.Options
        );

    /// <summary>The form that <see cref="Write"/> had, with its files.</summary>
    /// <param name="json">The values.</param>
    /// <param name="files">The files by the keys of their fields.</param>
    /// <param name="fields">The fields of the operation as it is today; values of others are left out.</param>
    public static EditForm Read(
        string json,
        IReadOnlyDictionary<string, ReadOnlyMemory<byte>> files,
        IReadOnlyList<EditField> fields
    )
    {
        var form = new EditForm(fields);
        var values = JsonSerializer.Deserialize<Dictionary<string, FieldValue>>(json, ApiJson.Options) ?? [];
        foreach (EditField field in fields)
        {
            if (values.TryGetValue(field.Key, out FieldValue value))
            {
                form.Set(field, value);
            }
            if (files.TryGetValue(field.Key, out ReadOnlyMemory<byte> file))
            {
                form.Set(field, file);
            }
        }
        return form;
    }

    /// <summary>
    /// Equal for forms with equal values and files, in whatever order and notation they came: a client that repeats a form
    /// makes up another boundary for it.
    /// </summary>
    /// <param name="purpose">What the form is for; the same form for something else is told apart.</param>
    /// <param name="form">The form, as the client gave it.</param>
    /// <param name="fields">The fields that count.</param>
    public static string Hash(string purpose, EditForm form, IReadOnlyList<EditField> fields)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(hash, purpose);
        foreach (string key in fields.Select(field => field.Key).Order(StringComparer.Ordinal))
        {
            if (form.Values.TryGetValue(key, out FieldValue value))
            {
                Append(hash, key);
                Append(hash, value.Text);
            }
            if (form.Files.TryGetValue(key, out ReadOnlyMemory<byte> file))
            {
                Append(hash, key);
                hash.AppendData(SHA256.HashData(file.Span));
            }
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static bool Has(IReadOnlyList<EditField> fields, string key) =>
        fields.Any(field => field.Key.Equals(key, StringComparison.Ordinal));

    // With its length in front, so that no two sequences of texts are the same bytes.
    private static void Append(IncrementalHash hash, string text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text);
        hash.AppendData(BitConverter.GetBytes(bytes.Length));
        hash.AppendData(bytes);
    }
}
