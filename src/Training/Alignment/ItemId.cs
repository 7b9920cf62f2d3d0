using System.Security.Cryptography;
using System.Text;

namespace InstructDiffusion.Training.Alignment;

/// <summary>The name of an item: also that of its folder, so 1 to 64 of A–Z a–z 0–9 _ -.</summary>
internal static class ItemId
{
    private const int MaxLength = 64;

    public static bool IsValid(string id) =>
        id.Length is >= 1 and <= MaxLength && id.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-');

    /// <summary>A number that stands for it in counter-based randomness: the same however many items there are.</summary>
    public static long KeyOf(string id) => BitConverter.ToInt64(SHA256.HashData(Encoding.UTF8.GetBytes(id)));
}
