using System.Buffers.Binary;
using InstructDiffusion.Engine.Weights.Files;
using InstructDiffusion.Engine.Weights.Safetensors;
using InstructDiffusion.Engine.Weights.TorchFiles;

namespace InstructDiffusion.Engine.Weights;

/// <summary>Opens the tensors of any checkpoint file, judged by its content and not by its name.</summary>
public static class CheckpointFile
{
    private static readonly string[] _stems = ["diffusion_pytorch_model", "model", "pytorch_model"];
    private static readonly string[] _variants = ["", ".fp16", ".bf16"];

    /// <summary>
    /// Opens a safetensors file, a torch file (zip or legacy), the JSON index of a sharded model, a split download (any part, or
    /// its name without suffix), or the folder of a diffusers component.
    /// </summary>
    /// <exception cref="FileNotFoundException">There is nothing under this path.</exception>
    /// <exception cref="CheckpointFormatException">It is none of these, or damaged.</exception>
    public static ITensorSource Open(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return OpenFile(FindInFolder(path));
        }
        var parts = SplitFile.FindParts(path);
        if (parts.Count > 0)
        {
            return OpenBytes(new JoinedFiles($"{path} ({parts.Count} parts)", parts));
        }
        return File.Exists(path) ? OpenFile(path) : throw new FileNotFoundException($"No checkpoint at {path}", path);
    }

    /// <summary>The weights of a diffusers component: safetensors before .bin, full precision before variants; null if none.</summary>
    internal static string? TryFindInFolder(string folder) =>
        CandidateNames().Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    /// <summary>The files that hold the tensors of the checkpoint at this path: itself, its parts in order, or an index's shards.</summary>
    internal static IReadOnlyList<string> FilesOf(string path)
    {
        IReadOnlyList<string> parts = SplitFile.FindParts(path);
        if (parts.Count > 0)
        {
            return parts;
        }
        using FileStream file = File.OpenRead(path);
        return file.ReadByte() == '{' ? ShardIndex.FilesOf(path) : [path];
    }

    /// <summary>Opens one file; an index only where it may not be a shard itself.</summary>
    internal static ITensorSource OpenFile(string path, bool allowIndex = true)
    {
        var bytes = new MappedFile(path);
        if (allowIndex && FirstBytes(bytes) is [(byte)'{', ..])
        {
            bytes.Dispose();
            return ShardIndex.Open(path);
        }
        return OpenBytes(bytes);
    }

    private static string FindInFolder(string folder)
    {
        if (TryFindInFolder(folder) is { } found)
        {
            return found;
        }
        var isModel = File.Exists(Path.Combine(folder, "model_index.json"));
        throw new CheckpointFormatException(
            folder,
            isModel
                ? "it is a whole model; its weights lie in unet, vae and text_encoder"
                : $"no weights in it; looked for {string.Join(", ", CandidateNames().Take(4))}, …"
        );
    }

    private static IEnumerable<string> CandidateNames() =>
        from extension in (string[])["safetensors", "bin"]
        from variant in _variants
        from stem in _stems
        from name in (string[])[$"{stem}{variant}.{extension}", $"{stem}.{extension}.index{variant}.json"]
        select name;

    private static ITensorSource OpenBytes(ByteSource bytes)
    {
        try
        {
            var first = FirstBytes(bytes);
            return first switch
            {
                [(byte)'P', (byte)'K', ..] => ZipTorchReader.Open(bytes),
                [0x80, <= 5, ..] => LegacyTorchReader.Open(bytes),
                _ when IsSafetensors(first) => new SafetensorsFile(bytes),
                _ => throw new CheckpointFormatException(bytes.Name, WhatElse(first)),
            };
        }
        catch
        {
            bytes.Dispose();
            throw;
        }
    }

    private static byte[] FirstBytes(ByteSource bytes)
    {
        var first = new byte[Math.Min(bytes.Length, 64)];
        bytes.Read(0, first);
        return first;
    }

    // A length that fits the format, then the start of a JSON object.
    private static bool IsSafetensors(byte[] first) =>
        first.Length > 8
        && first[8] == (byte)'{'
        && BinaryPrimitives.ReadUInt64LittleEndian(first) <= SafetensorsHeader.MaxHeaderBytes;

    private static string WhatElse(ReadOnlySpan<byte> first) =>
        first.IsEmpty ? "it is empty"
        : first.StartsWith("version https://git-lfs"u8) ? "it is a git-lfs pointer, not the file it points to"
        : first.TrimStart(" \r\n\t"u8).StartsWith("<"u8) ? "it is a web page: the download failed"
        : "it is neither safetensors nor a torch file";
}
