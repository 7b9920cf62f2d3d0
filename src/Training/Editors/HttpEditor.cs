using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using InstructDiffusion.Engine.Editing;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Sampling;

namespace InstructDiffusion.Training.Editors;

/// <summary>Edits with a running server: one request after another to <c>POST /v1/edits</c>, PNG in and out.</summary>
/// <param name="client">Its base address is the server's; not disposed here.</param>
/// <param name="model">The name of the model that must answer.</param>
internal sealed class HttpEditor(HttpClient client, string model) : IEditor
{
    private const string ModelHeader = "X-Model";
    private const string NonFinite = "non_finite_image";

    /// <summary>More than any picture that is evaluated, less than would fill the memory.</summary>
    private const int MaxAnswer = 64 << 20;

    /// <summary>A client for a server at this address.</summary>
    /// <param name="address">For example <c>http://localhost:5080</c>.</param>
    /// <exception cref="EditServerException">It is no address.</exception>
    public static HttpClient ClientOf(string address)
    {
        bool isAddress = Uri.TryCreate(address.TrimEnd('/') + "/", UriKind.Absolute, out Uri? server);
        return isAddress && server!.Scheme is "http" or "https"
            ? new HttpClient
            {
                BaseAddress = server,
                Timeout = Timeout.InfiniteTimeSpan, // an edit of a large model takes minutes; Ctrl-C ends it
                MaxResponseContentBufferSize = MaxAnswer,
            }
            : throw new EditServerException($"url: expected http://… or https://…, got '{address}'");
    }

    /// <inheritdoc/>
    /// <exception cref="EditServerException">The server is not there, refuses, or has another model.</exception>
    public IReadOnlyList<RgbImage?> Edit(
        IReadOnlyList<EditRequest> requests,
        Action<int> onSteps,
        CancellationToken cancellationToken
    )
    {
        var pictures = new List<RgbImage?>();
        foreach (EditRequest request in requests)
        {
            cancellationToken.ThrowIfCancellationRequested();
            pictures.Add(Edit(request, cancellationToken));
            onSteps(request.Steps);
        }
        return pictures;
    }

    private RgbImage? Edit(EditRequest request, CancellationToken cancellationToken)
    {
        using MultipartFormDataContent form = FormOf(request);
        using var message = new HttpRequestMessage(HttpMethod.Post, "v1/edits") { Content = form };
        message.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("image/png"));
        try
        {
            using HttpResponseMessage answer = client.Send(message, cancellationToken);
            byte[] content = ReadAll(answer, cancellationToken);
            if (!answer.IsSuccessStatusCode)
            {
                return RefusalOf(answer, content);
            }
            RequireModel(answer);
            return ImageCodec.Decode(content, ImageDecodeLimits.Default).Image;
        }
        catch (Exception error) when (error is HttpRequestException or IOException or ImageFormatException)
        {
            throw new EditServerException($"{client.BaseAddress}: {error.Message}", error);
        }
    }

    private static MultipartFormDataContent FormOf(EditRequest request)
    {
        byte[] picture = ImageCodec.Encode(request.Image, ImageFileFormat.Png);
        var form = new MultipartFormDataContent { { new ByteArrayContent(picture), "image", "source.png" } };
        void Add(string name, string value) => form.Add(new StringContent(value, Encoding.UTF8), name);
        Add("instruction", request.Instruction);
        Add("steps", request.Steps.ToString(CultureInfo.InvariantCulture));
        Add("seed", request.Seed.ToString(CultureInfo.InvariantCulture));
        Add("text_guidance_scale", request.TextGuidanceScale.ToString("R", CultureInfo.InvariantCulture));
        Add("image_guidance_scale", request.ImageGuidanceScale.ToString("R", CultureInfo.InvariantCulture));
        Add("eta", request.Eta.ToString("R", CultureInfo.InvariantCulture));
        Add("sampler", SamplerNames.NameOf(request.Sampler));
        Add("output_format", "png");
        // Whatever else the server works at, the same bits as in this process.
        Add("determinism", "batch_invariant");
        if (request.NegativeInstruction.Length > 0)
        {
            Add("negative_instruction", request.NegativeInstruction);
        }
        if (request.WorkingSize?.Exact is { } size)
        {
            Add("size", size.ToString());
        }
        return form;
    }

    private static byte[] ReadAll(HttpResponseMessage answer, CancellationToken cancellationToken)
    {
        using Stream body = answer.Content.ReadAsStream(cancellationToken);
        using var whole = new MemoryStream();
        body.CopyTo(whole);
        return whole.ToArray();
    }

    private RgbImage? RefusalOf(HttpResponseMessage answer, byte[] content)
    {
        (string? code, string? detail) = ProblemOf(content);
        return string.Equals(code, NonFinite, StringComparison.Ordinal)
            ? null
            : throw new EditServerException(
                $"{client.BaseAddress}: {(int)answer.StatusCode} {code ?? answer.ReasonPhrase}: {detail}"
            );
    }

    private static (string? Code, string? Detail) ProblemOf(byte[] content)
    {
        try
        {
            using JsonDocument problem = JsonDocument.Parse(content);
            string? Text(string name) =>
                problem.RootElement.TryGetProperty(name, out JsonElement value) ? value.ToString() : null;
            return problem.RootElement.ValueKind == JsonValueKind.Object
                ? (Text("code"), Text("detail"))
                : (null, null);
        }
        catch (JsonException)
        {
            return (null, null); // something between us and the server answered
        }
    }

    private void RequireModel(HttpResponseMessage answer)
    {
        string? name = answer.Headers.TryGetValues(ModelHeader, out IEnumerable<string>? values)
            ? values.FirstOrDefault()
            : null;
        if (!string.Equals(name, model, StringComparison.Ordinal))
        {
            throw new EditServerException($"{client.BaseAddress}: expected the model {model}, got {name ?? "no name"}");
        }
    }
}
