using System.Globalization;
using System.Security.Cryptography;
using InstructDiffusion.Api.Caching;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Edits;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Editing;

namespace InstructDiffusion.Api.Vision;

/// <summary>POST /v1/vision/…: an edit worded as a task of computer vision, and its picture read.</summary>
internal static class VisionEndpoints
{
    private const string Json = "application/json";
    private const string Png = "image/png";

    public static void MapVision(this IEndpointRouteBuilder routes)
    {
        RouteGroupBuilder group = routes.MapGroup("/v1/vision").WithTags("Vision");
        Describe<SegmentAnswer>(
            group
                .MapPost("/segment", SegmentAsync)
                .WithName("Segment")
                .WithSummary("The pixels of something, as a mask"),
            VisionDocumentation.Segment
        );
        Describe<DetectAnswer>(
            group.MapPost("/detect", DetectAsync).WithName("Detect").WithSummary("Boxes around something"),
            VisionDocumentation.Detect
        );
        Describe<KeypointsAnswer>(
            group.MapPost("/keypoints", KeypointsAsync).WithName("FindKeypoints").WithSummary("Where points lie"),
            VisionDocumentation.Keypoints
        );
        Describe<EditAnswer>(
            group
                .MapPost("/restore", RestoreAsync)
                .WithName("Restore")
                .WithSummary("The picture without noise, blur or watermark"),
            VisionDocumentation.Restore
        );
    }

    private static void Describe<TAnswer>(RouteHandlerBuilder route, VisionDocumentation documentation)
    {
        route.RequireScope(Scope.Edit).Produces<TAnswer>();
        foreach (int status in VisionDocumentation.Problems)
        {
            route.ProducesAProblem(status);
        }
        route.AddOpenApiOperationTransformer(documentation.DescribeAsync);
    }

    private static async Task SegmentAsync(HttpContext http, VisionRun run, KeyedVision keyed)
    {
        bool isPicture = Negotiate(http, [Json, Png]) == 1;
        SegmentAnswer answer;
        if (await keyed.AnswerAsync(http, VisionTask.Segment, VisionField.OfSegment, isPicture) is { } given)
        {
            answer = VisionJob.SegmentOf(given);
        }
        else
        {
            PaintedEdits painted = await run.PaintAsync(http, VisionTask.Segment, VisionField.OfSegment);
            answer = SegmentAnswer.Of(painted, isPicture ? new MaskFormats { Mask = true } : painted.Order.Formats);
        }
        if (isPicture)
        {
            await AnswerWithMaskAsync(http, answer);
            return;
        }
        await AnswerAsync(http, answer, answer.Work);
    }

    private static async Task DetectAsync(HttpContext http, VisionRun run, KeyedVision keyed)
    {
        Negotiate(http, [Json]);
        DetectAnswer answer = await keyed.AnswerAsync(http, VisionTask.Detect, VisionField.OfDetect) is { } given
            ? VisionJob.BoxesOf(given)
            : DetectAnswer.Of(await run.PaintAsync(http, VisionTask.Detect, VisionField.OfDetect));
        await AnswerAsync(http, answer, answer.Work);
    }

    private static async Task KeypointsAsync(HttpContext http, VisionRun run, KeyedVision keyed)
    {
        Negotiate(http, [Json]);
        KeypointsAnswer answer = await keyed.AnswerAsync(http, VisionTask.Keypoints, VisionField.OfKeypoints)
            is { } given
            ? VisionJob.PointsOf(given)
            : KeypointsAnswer.Of(await run.PaintAsync(http, VisionTask.Keypoints, VisionField.OfKeypoints));
        await AnswerAsync(http, answer, answer.Work);
    }

    private static async Task RestoreAsync(
        HttpContext http,
        VisionRun run,
        KeyedVision keyed,
        SdkRetries retries,
        EditDesk edits,
        EditEvents events
    )
    {
        AnswerFormat.Negotiate(http.Request.Headers.Accept, outputFormat: null);
        if (await keyed.AnswerRestorationAsync(http))
        {
            return;
        }
        (EditOrder order, ModelDescription model) = await run.ReadRestorationAsync(http);
        await EditEndpoint.AnswerAsync(http, order, model, retries, edits, events);
    }

    private static int Negotiate(HttpContext http, IReadOnlyList<string> mediaTypes)
    {
        int chosen = AcceptHeader.Choose(http.Request.Headers.Accept, mediaTypes);
        return chosen >= 0
            ? chosen
            : throw new ApiException(
                ProblemKind.NotAcceptable,
                $"This route answers with {string.Join(" or ", mediaTypes)}."
            );
    }

    private static async Task AnswerAsync<TAnswer>(HttpContext http, TAnswer answer, PaintFacts work)
    {
        Head(http.Response, work);
        await http.Response.WriteAsJsonAsync(answer, ApiJson.Options, http.RequestAborted);
    }

    private static async Task AnswerWithMaskAsync(HttpContext http, SegmentAnswer answer)
    {
        HttpResponse response = http.Response;
        byte[] mask = answer.Mask!;
        Head(response, answer.Work);
        response.ContentType = Png;
        response.ContentLength = mask.Length;
        response.Headers["X-Found"] = answer.Found ? "true" : "false";
        response.Headers["X-Confidence"] = answer.Confidence.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Seed"] = answer.Work.Seed.ToString(CultureInfo.InvariantCulture);
        response.Headers["X-Model"] = answer.Work.Model;
        response.Headers["Content-Digest"] = $"sha-256=:{Convert.ToBase64String(SHA256.HashData(mask))}:";
        await response.Body.WriteAsync(mask, http.RequestAborted);
    }

    private static void Head(HttpResponse response, PaintFacts work)
    {
        response.Headers.CacheControl = "no-store";
        response.Headers.Vary = "Accept";
        response.Headers["Server-Timing"] = work.Timings.ToServerTiming(work.Steps);
    }
}
