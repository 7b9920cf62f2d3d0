using System.Globalization;
using System.Text;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Api.Jobs.Storage;
using Microsoft.Net.Http.Headers;

namespace InstructDiffusion.Api.Jobs.Routes;

/// <summary>/v1/jobs/{id}/result and /results/{i}: the files that a job gave.</summary>
internal static class JobResults
{
    /// <summary>GET /v1/jobs/{id}/result: the first file, or the JSON answer of a job that gives none.</summary>
    public static async Task<IResult> FirstAsync(
        HttpContext http,
        string id,
        IJobStore store,
        IBlobStore blobs,
        JobView view
    )
    {
        Job job = await store.RequireAsync(http, id);
        JobResult result = Require(job, view);
        if (result.Files.Count > 0)
        {
            return await FileAsync(http, job, result.Files[0], blobs, view);
        }
        KeepAsLongAs(http, job, view);
        return TypedResults.Text(result.Answer, "application/json", Encoding.UTF8);
    }

    /// <summary>GET /v1/jobs/{id}/results/{i}.</summary>
    public static async Task<IResult> OneAsync(
        HttpContext http,
        string id,
        string index,
        IJobStore store,
        IBlobStore blobs,
        JobView view
    )
    {
        Job job = await store.RequireAsync(http, id);
        JobResult result = Require(job, view);
        return int.TryParse(index, NumberStyles.None, CultureInfo.InvariantCulture, out int i) && i < result.Files.Count
            ? await FileAsync(http, job, result.Files[i], blobs, view)
            : throw new ApiException(ProblemKind.NotFound, $"The job has {result.Files.Count} files, counted from 0.");
    }

    /// <summary>The result of a job that has one.</summary>
    /// <exception cref="ApiException">It has none, and why.</exception>
    public static JobResult Require(Job job, JobView view) =>
        job switch
        {
            { Result: { } result } => result,
            { Status: JobStatus.Queued or JobStatus.Running } => throw new ApiException(
                ProblemKind.JobNotFinished,
                "The job has not finished; ask again later, or follow its events."
            )
            {
                RetryAfter = TimeSpan.FromMilliseconds(view.Show(job).EtaMs ?? 0),
            },
            { Status: JobStatus.Expired, Failure: null } or { IsForgotten: true } => throw new ApiException(
                ProblemKind.ResultExpired,
                "The result was kept for as long as results are, or deleted."
            ),
            { Failure: { } failure } => throw new ApiException(
                ProblemKind.JobFailed,
                $"{failure.Code}: {failure.Detail}",
                failure.Parameter
            ),
            _ => throw new ApiException(ProblemKind.JobFailed, "The job was cancelled."),
        };

    private static async Task<IResult> FileAsync(
        HttpContext http,
        Job job,
        StoredFile file,
        IBlobStore blobs,
        JobView view
    )
    {
        Stream stream =
            await blobs.OpenAsync(file.Hash, http.RequestAborted)
            ?? throw new ApiException(ProblemKind.ResultExpired, "The file is gone.");
        KeepAsLongAs(http, job, view);
        http.Response.Headers.ContentDisposition = new ContentDispositionHeaderValue("inline")
        {
            FileName = file.Name,
        }.ToString();
        // Of the whole file, whatever part of it is sent (RFC 9530).
        string digest = Convert.ToBase64String(Convert.FromHexString(file.Hash));
        http.Response.Headers["Repr-Digest"] = $"sha-256=:{digest}:";
        return TypedResults.Stream(
            stream,
            file.MediaType,
            lastModified: job.FinishedAt,
            entityTag: new EntityTagHeaderValue($"\"{file.Hash}\""),
            enableRangeProcessing: true
        );
    }

    // What is behind the address never changes, but its owner alone may keep it.
    private static void KeepAsLongAs(HttpContext http, Job job, JobView view)
    {
        double seconds = Math.Max(0, (view.ExpiryOf(job) - view.Now)?.TotalSeconds ?? 0);
        http.Response.Headers.CacheControl = string.Create(
            CultureInfo.InvariantCulture,
            $"private, immutable, max-age={(long)seconds}"
        );
    }
}
