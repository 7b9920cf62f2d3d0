using System.Buffers.Text;
using System.Security.Cryptography;

namespace InstructDiffusion.Api.Jobs;

/// <summary>Names of jobs: 128 random bits in 22 URL-safe characters. Who knows one was told it.</summary>
internal static class JobId
{
    private const int Bytes = 16;
    private const int Length = 22;

    /// <summary>A new one.</summary>
    public static string New() => Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(Bytes));

    /// <summary>Could this be one? What could not is never looked up, nor made part of anything.</summary>
    public static bool IsWellFormed(string text) =>
        text.Length == Length && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');
}
