using System.Security.Cryptography;
using System.Text;
using InstructDiffusion.Training.Construction.Shards;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pictures;

namespace InstructDiffusion.Training.Construction.Web.Pairs;

/// <summary>
/// Which pairs of requests and fetched pictures are kept: decided in the requests' order from the notes of the cache alone, so that
/// every machine with the same requests and cache comes to the same.
/// </summary>
internal sealed class WebSelection
{
    private readonly PairOptions _options;
    private readonly WebCache _cache;
    private readonly SignatureTree _sources = new();
    private readonly SignatureTree _results = new();
    private readonly IncrementalHash _used = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);

    private WebSelection(WebCache cache, PairOptions options) => (_cache, _options) = (cache, options);

    /// <summary>Every request with what is kept of it.</summary>
    public required IReadOnlyList<SelectedRequest> Requests { get; init; }

    /// <summary>SHA-256 over what it was decided from.</summary>
    public required string Fingerprint { get; init; }

    /// <summary>Decides.</summary>
    /// <param name="requests">In their order.</param>
    /// <param name="cache">Holds their pictures, as far as they were to be had.</param>
    /// <param name="options">The bounds.</param>
    public static WebSelection Of(IReadOnlyList<WebRequest> requests, WebCache cache, PairOptions options)
    {
        var choice = new WebSelection(cache, options) { Requests = [], Fingerprint = "" };
        using (choice._used)
        {
            SelectedRequest[] selected = [.. requests.Select(choice.Select)];
            return new WebSelection(cache, options)
            {
                Requests = selected,
                Fingerprint = Convert.ToHexStringLower(choice._used.GetHashAndReset()),
            };
        }
    }

    private SelectedRequest Select(WebRequest request)
    {
        Found source = Find(request.Source);
        SelectedPicture[] results = [.. request.Results.Select(result => Judge(source, Find(result), result))];
        RejectionNote? rejection =
            source.Problem is { } problem ? new RejectionNote($"source {problem}", request.Source.Url)
            : _sources.FindNear(source.Signature!, _options.NearBits) is { } twin
                ? new RejectionNote("source is a near-duplicate of another's", $"{request.Source.Url} of {twin}")
            : null;
        if (rejection is null)
        {
            results = [.. results.Select((result, i) => WithoutTwins(request, result, i))];
            if (results.Any(result => result.Rejection is null))
            {
                _sources.Add(source.Signature!, request.Id);
            }
        }
        return new SelectedRequest(request, new SelectedPicture(request.Source, source.Record, rejection), results);
    }

    private SelectedPicture Judge(Found source, Found result, WebPicture picture)
    {
        string? reason =
            result.Problem is { } problem ? $"result {problem}"
            : source.Signature is null ? "result of a source that is not kept"
            : IsOtherShape(source.Record!.Picture!, result.Record!.Picture!) ? "result has another shape"
            : PerceptualHash.Distance(source.Signature.Hash, result.Signature!.Hash) > _options.MostBits
                ? "result is another picture"
            : string.Equals(source.Record.Sha256, result.Record.Sha256, StringComparison.Ordinal)
                ? "result is the source"
            : null;
        RejectionNote? rejection = reason is null ? null : new RejectionNote(reason, picture.Url);
        return new SelectedPicture(picture, result.Record, rejection) { Signature = result.Signature };
    }

    private SelectedPicture WithoutTwins(WebRequest request, SelectedPicture result, int number)
    {
        if (result.Rejection is not null)
        {
            return result;
        }
        if (_results.FindNear(result.Signature!, _options.NearBits) is { } twin)
        {
            string detail = $"{result.Picture.Url} of {twin}";
            return result with { Rejection = new RejectionNote("result is a near-duplicate of another", detail) };
        }
        _results.Add(result.Signature!, $"{request.Id}, result {number + 1}");
        return result;
    }

    private bool IsOtherShape(PictureNote source, PictureNote result)
    {
        double ratio = (double)source.Width * result.Height / ((double)source.Height * result.Width);
        return Math.Max(ratio, 1 / ratio) > 1 + _options.AspectTolerance;
    }

    private Found Find(WebPicture picture)
    {
        WebRecord? record = WebAddress.Read(picture.Url) is { } address ? _cache.Find(address) : null;
        PictureSignature? signature = record?.Picture?.Signature;
        string? problem =
            record is null ? "was not fetched"
            : record.Refused is { } refused ? refused
            : signature is null || record.Sha256 is null ? "was not fetched as a picture"
            : Math.Min(record.Picture!.Width, record.Picture.Height) < _options.LeastSide ? "is too small"
            : null;
        _used.AppendData(
            Encoding.UTF8.GetBytes($"{picture.Url}\n{record?.Sha256}\n{record?.FetchedAt:O}\n{problem}\n")
        );
        return new Found(record, problem is null ? signature : null, problem);
    }

    private sealed record Found(WebRecord? Record, PictureSignature? Signature, string? Problem);
}

/// <summary>A request with its pictures.</summary>
/// <param name="Request">The request.</param>
/// <param name="Source">The picture to change; where it is rejected, so are all.</param>
/// <param name="Results">In the request's order.</param>
internal sealed record SelectedRequest(
    WebRequest Request,
    SelectedPicture Source,
    IReadOnlyList<SelectedPicture> Results
);

/// <summary>A picture, and whether it is kept.</summary>
/// <param name="Picture">Where it was posted.</param>
/// <param name="Record">What the cache knows; null for nothing.</param>
/// <param name="Rejection">Why it is not kept; null where it is.</param>
internal sealed record SelectedPicture(WebPicture Picture, WebRecord? Record, RejectionNote? Rejection)
{
    /// <summary>What of it is compared; null where it is not known.</summary>
    public PictureSignature? Signature { get; init; }
}
