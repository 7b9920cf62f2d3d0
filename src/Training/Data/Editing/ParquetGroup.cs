using Parquet;
using Parquet.Schema;

namespace InstructDiffusion.Training.Data.Editing;

/// <summary>A group of rows of a parquet file.</summary>
/// <param name="Path">The file.</param>
/// <param name="Number">Which group.</param>
/// <param name="Rows">How many rows.</param>
internal sealed record ParquetGroup(string Path, int Number, int Rows)
{
    private const long LargestColumn = 2L << 30;
    private const int MostRows = 1_000_000;

    /// <inheritdoc/>
    public override string ToString() => $"{Path}, group {Number}";

    /// <summary>The groups of a file with their rows' instructions.</summary>
    /// <exception cref="DatasetException">The file is damaged or has other columns.</exception>
    public static IReadOnlyList<(ParquetGroup Group, IReadOnlyList<string?> Instructions)> Of(string path) =>
        Run(path, reader => InstructionsAsync(path, reader));

    /// <summary>All pictures of the group, as files.</summary>
    /// <exception cref="BrokenSampleException">They cannot be read.</exception>
    public ParquetPictures ReadPictures()
    {
        try
        {
            return Run(Path, PicturesAsync);
        }
        catch (DatasetException error)
        {
            throw new BrokenSampleException(error.Message, error);
        }
    }

    private static async Task<IReadOnlyList<(ParquetGroup, IReadOnlyList<string?>)>> InstructionsAsync(
        string path,
        ParquetReader reader
    )
    {
        DataField field = FieldOf(reader, "instruction");
        var groups = new List<(ParquetGroup, IReadOnlyList<string?>)>();
        for (int i = 0; i < reader.RowGroupCount; i++)
        {
            using ParquetRowGroupReader group = reader.OpenRowGroupReader(i);
            int rows = RowsOf(group, field);
            var instructions = new string?[rows];
            await group.ReadAsync(field, instructions.AsMemory());
            groups.Add((new ParquetGroup(path, i, rows), instructions));
        }
        return groups;
    }

    private async Task<ParquetPictures> PicturesAsync(ParquetReader reader)
    {
        using ParquetRowGroupReader group = reader.OpenRowGroupReader(Number);
        return new ParquetPictures(
            await FilesAsync(group, FieldOf(reader, "source_img/bytes")),
            await FilesAsync(group, FieldOf(reader, "target_img/bytes"))
        );
    }

    private static async Task<byte[]?[]> FilesAsync(ParquetRowGroupReader group, DataField field)
    {
        var files = new byte[]?[RowsOf(group, field)];
        await group.ReadAsync(field, files.AsMemory());
        return files;
    }

    private static int RowsOf(ParquetRowGroupReader group, DataField field)
    {
        long size = group.GetMetadata(field)?.MetaData?.TotalUncompressedSize ?? 0;
        return group.RowCount is >= 0 and <= MostRows && size is >= 0 and <= LargestColumn
            ? (int)group.RowCount
            : throw new InvalidDataException($"a group of {group.RowCount:N0} rows, {size:N0} bytes of {field.Name}");
    }

    private static DataField FieldOf(ParquetReader reader, string path) =>
        Array.Find(
            reader.Schema.GetDataFields(),
            field => string.Equals(field.Path.ToString(), path, StringComparison.Ordinal)
        )
        ?? throw new InvalidDataException(
            $"no column {path}; there are {string.Join(", ", reader.Schema.GetDataFields().Select(field => field.Path))}"
        );

    /// <summary>Loader threads are synchronous and the library is not.</summary>
    private static T Run<T>(string path, Func<ParquetReader, Task<T>> read)
    {
        try
        {
            return ReadAsync().GetAwaiter().GetResult();
        }
#pragma warning disable CA1031 // The library meets damage with exceptions of many kinds, its own parser's indices out of range among them.
        catch (Exception error) when (error is not OutOfMemoryException)
#pragma warning restore CA1031
        {
            throw new DatasetException($"{path}: not a parquet file that can be read: {error.Message}", error);
        }

        async Task<T> ReadAsync()
        {
            await using ParquetReader reader = await ParquetReader.CreateAsync(path);
            return await read(reader);
        }
    }
}
