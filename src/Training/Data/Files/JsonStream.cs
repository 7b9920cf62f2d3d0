using System.Security.Cryptography;
using System.Text.Json;

namespace InstructDiffusion.Training.Data.Files;

/// <summary>
/// Reads JSON files of any size one item at a time; no more than the largest item is in memory. Items are the elements of the
/// outermost array; or of an outermost object, the elements of its properties that are arrays, and its other properties' values.
/// </summary>
/// <remarks>
/// Python's bare <c>NaN</c> and <c>Infinity</c>, which are no JSON, reach the item's handler as empty strings, so that they spoil
/// that item and not the file.
/// </remarks>
internal sealed class JsonStream : IDisposable
{
    /// <summary>Largest item, bytes.</summary>
    public const int MaxItemBytes = 64 << 20;

    private const int FirstBufferBytes = 1 << 20;

    private readonly string _path;
    private readonly Stream _stream;
    private readonly Func<string, bool> _wants;
    private readonly JsonItemHandler _onItem;
    private readonly IncrementalHash _hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    private readonly PythonNumbers _numbers = new();

    private byte[] _buffer = new byte[FirstBufferBytes];
    private int _start;
    private int _ready; // end of what the reader may see
    private int _end; // end of what has been read
    private bool _isAtEnd;
    private JsonReaderState _state = new(new JsonReaderOptions { MaxDepth = 64 });
    private Place _place = Place.Start;
    private string? _name;

    private JsonStream(string path, Func<string, bool> wants, JsonItemHandler onItem)
    {
        _path = path;
        _wants = wants;
        _onItem = onItem;
        _stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 1);
    }

    private enum Place
    {
        Start,
        Object,
        Value,
        UnwantedValue,
        Array,
        ArrayOfProperty,
        End,
    }

    /// <summary>Reads a whole file.</summary>
    /// <param name="path">The file.</param>
    /// <param name="wants">Which properties of an outermost object are of interest; null for all.</param>
    /// <param name="onItem">Told each item in turn.</param>
    /// <param name="cancellationToken">Looked at between reads.</param>
    /// <returns>SHA-256 of the file, lower-case hexadecimal.</returns>
    /// <exception cref="DatasetException">It is missing, no JSON, or an item is larger than <see cref="MaxItemBytes"/>.</exception>
    public static string Read(
        string path,
        Func<string, bool>? wants,
        JsonItemHandler onItem,
        CancellationToken cancellationToken = default
    )
    {
        try
        {
            using var reading = new JsonStream(path, wants ?? (_ => true), onItem);
            return reading.Run(cancellationToken);
        }
        catch (JsonException error)
        {
            throw new DatasetException($"{path}: not JSON: {error.Message}", error);
        }
        catch (Exception error) when (error is IOException or UnauthorizedAccessException)
        {
            throw new DatasetException($"{path}: {error.Message}", error);
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _hash.Dispose();
    }

    private string Run(CancellationToken cancellationToken)
    {
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            Fill();
            ReadOnlySpan<byte> window = _buffer.AsSpan(_start, _ready - _start);
            var reader = new Utf8JsonReader(window, _isAtEnd, _state);
            Advance(ref reader, window);
            _start += (int)reader.BytesConsumed;
            _state = reader.CurrentState;
            if (_isAtEnd)
            {
                return Convert.ToHexStringLower(_hash.GetHashAndReset());
            }
        }
    }

    private void Fill()
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_ready, _end, _start) = (_ready - _start, _end - _start, 0);
        if (_end == _buffer.Length)
        {
            if (_buffer.Length >= MaxItemBytes)
            {
                throw new DatasetException($"{_path}: an item is larger than {MaxItemBytes:N0} bytes");
            }
            Array.Resize(ref _buffer, _buffer.Length * 2);
        }
        bool isFirst = _stream.Position == 0;
        int read = _stream.Read(_buffer, _end, _buffer.Length - _end);
        _hash.AppendData(_buffer, _end, read);
        _isAtEnd = read == 0;
        _end += read;
        if (isFirst && _buffer.AsSpan(0, _end).StartsWith("\uFEFF"u8))
        {
            (_start, _ready) = (3, 3);
        }
        _ready += _numbers.Mask(_buffer.AsSpan(_start, _end - _start), _ready - _start, _isAtEnd);
    }

    /// <summary>Goes as far as the bytes reach: to the end of the last whole item or token.</summary>
    private void Advance(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        while (true)
        {
            Utf8JsonReader before = reader;
            if (!reader.Read())
            {
                return;
            }
            if (!Step(ref reader, window))
            {
                reader = before;
                return;
            }
        }
    }

    private bool Step(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        switch (_place)
        {
            case Place.Start:
                _place = reader.TokenType switch
                {
                    JsonTokenType.StartArray => Place.Array,
                    JsonTokenType.StartObject => Place.Object,
                    _ => throw new DatasetException($"{_path}: expected an array or an object"),
                };
                return true;
            case Place.Object when reader.TokenType == JsonTokenType.PropertyName:
                _name = reader.GetString()!;
                _place = _wants(_name) ? Place.Value : Place.UnwantedValue;
                return true;
            case Place.Value when reader.TokenType == JsonTokenType.StartArray:
                _place = Place.ArrayOfProperty;
                return true;
            case Place.UnwantedValue:
                bool isOpening = reader.TokenType is JsonTokenType.StartArray or JsonTokenType.StartObject;
                _place = reader.CurrentDepth == 1 && !isOpening ? Place.Object : Place.UnwantedValue;
                return true;
            case Place.ArrayOfProperty when reader.TokenType == JsonTokenType.EndArray:
                _place = Place.Object;
                return true;
            case Place.Value:
                _place = Place.Object;
                return Take(ref reader, window) || Back(Place.Value);
            case Place.Array when reader.TokenType != JsonTokenType.EndArray:
            case Place.ArrayOfProperty:
                return Take(ref reader, window);
            default: // the end of the outermost value; the reader refuses what follows it
                _place = Place.End;
                return true;
        }
    }

    private bool Back(Place place)
    {
        _place = place;
        return false;
    }

    private bool Take(ref Utf8JsonReader reader, ReadOnlySpan<byte> window)
    {
        int from = (int)reader.TokenStartIndex;
        if (!reader.TrySkip())
        {
            return false;
        }
        _onItem(_name, window[from..(int)reader.BytesConsumed]);
        return true;
    }
}

/// <summary>Told an item of a JSON file.</summary>
/// <param name="name">The property it is the value, or an element, of; null in an outermost array.</param>
/// <param name="json">The item, valid until the call returns.</param>
internal delegate void JsonItemHandler(string? name, ReadOnlySpan<byte> json);
