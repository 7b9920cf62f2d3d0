using System.Net;
using InstructDiffusion.Cli.Progress;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Brings one file here: continues what is there, repeats what breaks, checks what arrived, and only then names it.</summary>
internal sealed class FileDownload(HubClient hub, string commit, RetryPolicy retry, IProgressBoard board)
{
    /// <summary>Most bytes of a file whose size nobody tells.</summary>
    private const long MaxUnknownSize = 256L * 1024 * 1024;

    public TimeSpan StallTimeout { get; init; } = BodyReader.StallTimeout;

    /// <returns>What is now at <paramref name="goal"/>.</returns>
    /// <exception cref="HubException">The hub gave up, or what it sent is not what it listed.</exception>
    public async Task<PulledFile> RunAsync(HubFile file, string goal, CancellationToken cancellationToken)
    {
        IProgressTask progress = board.Begin(file.Path, file.Size, ProgressUnit.Bytes);
        while (true)
        {
            bool wasContinued;
            HubFile known;
            await using (PartialFile part = await PartialFile.OpenAsync(goal, file, cancellationToken))
            {
                wasContinued = part.Length > 0;
                progress.Report(part.Length);
                known = await TransferAsync(file, part, progress, cancellationToken);
                await part.CloseAsync();
            }
            ContentHash hash = await ContentHash.OfFileAsync(
                goal + HubPath.PartSuffix,
                withGit: known.GitSha1 is not null,
                cancellationToken
            );
            if (hash.FindMismatch(known) is not { } mismatch)
            {
                PartialFile.MoveToGoal(goal);
                progress.Complete();
                bool isVerified = known.Sha256 is not null || known.GitSha1 is not null;
                return PulledFile.Of(file.Path, hash, isVerified);
            }
            PartialFile.Delete(goal);
            if (!wasContinued)
            {
                throw new HubException($"{file.Path} arrived damaged ({mismatch}); it was deleted");
            }
            board.Say($"{file.Path}: the continued file is damaged ({mismatch}); starting over");
        }
    }

    /// <returns>The file with what the answers told about it beyond the listing.</returns>
    private async Task<HubFile> TransferAsync(
        HubFile file,
        PartialFile part,
        IProgressTask progress,
        CancellationToken cancellationToken
    )
    {
        long furthest = part.Length;
        HubFile known = file;
        if (part.Length == file.Size && file.Size > 0)
        {
            return known;
        }
        await retry.RunAsync(
            async () =>
            {
                using HubResponse response = await OpenAsync(file, part, cancellationToken);
                known = Join(file, response);
                long left = (known.Size ?? MaxUnknownSize) - part.Length;
                await part.DescribeAsync(known, response.StrongETag, cancellationToken);
                await BodyReader.CopyAsync(response, WriteAsync, left, StallTimeout, cancellationToken);
                if (part.Length < known.Size)
                {
                    string amount = $"{part.Length} of {known.Size} bytes";
                    throw new HubException($"{file.Path}: the connection closed after {amount}") { IsTransient = true };
                }
                return true;
            },
            progress: () => furthest,
            board.Say,
            cancellationToken
        );
        return known;

        async ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken token)
        {
            await part.AppendAsync(bytes, token);
            // A server that always starts over and always breaks at the same place makes no progress.
            furthest = Math.Max(furthest, part.Length);
            progress.Report(part.Length);
        }
    }

    /// <summary>Asks for what is missing. Afterwards <paramref name="part"/> holds exactly the bytes before the answer's.</summary>
    private async Task<HubResponse> OpenAsync(HubFile file, PartialFile part, CancellationToken cancellationToken)
    {
        HubResponse response;
        try
        {
            response = await hub.OpenAsync(commit, file, part.Length, part.ETag, cancellationToken);
        }
        catch (HubException failure) when (IsRangeRefused(failure, part))
        {
            part.Empty();
            response = await hub.OpenAsync(commit, file, 0, tag: null, cancellationToken);
        }
        if (!response.IsPartial)
        {
            part.Empty();
            return response;
        }
        if (response.From != part.Length)
        {
            response.Dispose();
            part.Empty();
            throw new HubException($"{file.Path}: the hub sent another range than asked") { IsTransient = true };
        }
        return response;
    }

    private static bool IsRangeRefused(HubException failure, PartialFile part) =>
        failure.Status == HttpStatusCode.RequestedRangeNotSatisfiable && part.Length > 0;

    private static HubFile Join(HubFile file, HubResponse response)
    {
        RequireSame(file, "size", file.Size?.ToString(), response.TotalSize?.ToString());
        RequireSame(file, "SHA-256", file.Sha256, response.Linked.Sha256);
        RequireSame(file, "git id", file.GitSha1, response.Linked.GitSha1);
        return file with
        {
            Size = file.Size ?? response.TotalSize,
            Sha256 = file.Sha256 ?? response.Linked.Sha256,
            GitSha1 = file.GitSha1 ?? (file.Sha256 is null ? response.Linked.GitSha1 : null),
        };
    }

    private static void RequireSame(HubFile file, string what, string? listed, string? sent)
    {
        if (listed is not null && sent is not null && !string.Equals(listed, sent, StringComparison.Ordinal))
        {
            throw new HubException($"{file.Path}: the hub lists {what} {listed} but sends {sent}");
        }
    }
}
