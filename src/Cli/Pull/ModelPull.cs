using System.Collections.Concurrent;
using InstructDiffusion.Cli.Progress;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Brings a model's files into a folder: list, choose, check what is there, download, write the manifest.</summary>
internal sealed class ModelPull(PullOptions options, Terminal terminal)
{
    /// <summary>Left free on the disk after the download.</summary>
    private const long SpareBytes = 64L * 1024 * 1024;

    private readonly string _folder = Path.GetFullPath(options.Output);

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        using var transport = new HubTransport(options.Address.Endpoint, options.Token, options.Timeout);
        var hub = new HubClient(transport, options.Address, options.Retry, terminal.Error.WriteLine);
        HubListing listing = await hub.ListAsync(options.Revision, cancellationToken);
        IReadOnlyList<HubFile> files = options.Selection.Choose(listing.Files);
        if (options.DryRun)
        {
            PrintPlan(files);
            return;
        }
        PullManifest? earlier = await PullManifest.ReadAsync(_folder, cancellationToken);
        IReadOnlyList<PulledFile> pulled = await ProgressDisplay.RunAsync(
            terminal,
            ProgressUnit.Bytes,
            async board =>
            {
                IReadOnlyList<PulledFile> kept = await KeepAsync(files, earlier, board, cancellationToken);
                HubFile[] missing =
                [
                    .. files.ExceptBy(kept.Select(static file => file.Path), static file => file.Path),
                ];
                RequireSpace(missing);
                return (IReadOnlyList<PulledFile>)
                    [.. kept, .. await DownloadAsync(hub, listing.Commit, missing, board, cancellationToken)];
            }
        );
        var manifest = new PullManifest
        {
            Endpoint = options.Address.Endpoint.AbsoluteUri,
            Model = options.Address.ModelId,
            Revision = options.Revision,
            Commit = listing.Commit,
            Files = [.. pulled.OrderBy(static file => file.Path, StringComparer.Ordinal)],
        };
        await manifest.JoinedWith(earlier).WriteAsync(_folder, cancellationToken);
        string unverified = pulled.Any(static file => !file.IsVerified) ? "; for some the hub told no checksum" : "";
        await terminal.Error.WriteLineAsync(
            $"{pulled.Count} files, {ByteCount.Text(pulled.Sum(static file => file.Size))}{unverified}"
        );
        await terminal.Out.WriteLineAsync(options.Output);
    }

    private void PrintPlan(IReadOnlyList<HubFile> files)
    {
        foreach (HubFile file in files)
        {
            terminal.Out.WriteLine($"{(file.Size is { } size ? ByteCount.Text(size) : "?"), 8}  {file.Path}");
        }
        terminal.Out.WriteLine($"{ByteCount.Text(files.Sum(static file => file.Size ?? 0)), 8}  in all");
    }

    /// <summary>The files that are here already as the hub has them. A file that is ours to replace is not among them.</summary>
    /// <exception cref="CommandException">A different file is in the way that was not pulled, or was changed since.</exception>
    private async Task<IReadOnlyList<PulledFile>> KeepAsync(
        IReadOnlyList<HubFile> files,
        PullManifest? earlier,
        IProgressBoard board,
        CancellationToken cancellationToken
    )
    {
        var kept = new List<PulledFile>();
        foreach (HubFile file in files)
        {
            string path = HubPath.LocalPath(_folder, file.Path);
            if (!File.Exists(path))
            {
                continue;
            }
            bool hasChecksum = file.Sha256 is not null || file.GitSha1 is not null;
            ContentHash here = await ContentHash.OfFileAsync(path, file.GitSha1 is not null, cancellationToken);
            if (hasChecksum && here.FindMismatch(file) is null)
            {
                board.Say($"{file.Path}: already here");
                kept.Add(PulledFile.Of(file.Path, here, isVerified: true));
                continue;
            }
            bool isOurs = earlier?.Files.Any(old => old.Matches(file.Path, here)) == true;
            if (!isOurs && !options.Force)
            {
                throw new CommandException($"{path} exists and is not what the hub has; --force replaces it");
            }
        }
        return kept;
    }

    private void RequireSpace(HubFile[] files)
    {
        Directory.CreateDirectory(_folder);
        long needed = files.Sum(file => Math.Max(0, (file.Size ?? 0) - PartialLength(file)));
        long free = options.FreeSpace(_folder);
        if (needed > 0 && needed + SpareBytes > free)
        {
            throw new CommandException(
                $"{_folder}: the download needs {ByteCount.Text(needed)}, but only {ByteCount.Text(free)} are free"
            );
        }
    }

    private long PartialLength(HubFile file)
    {
        var part = new FileInfo(HubPath.LocalPath(_folder, file.Path) + HubPath.PartSuffix);
        return part.Exists ? part.Length : 0;
    }

    private async Task<IReadOnlyList<PulledFile>> DownloadAsync(
        HubClient hub,
        string commit,
        HubFile[] files,
        IProgressBoard board,
        CancellationToken cancellationToken
    )
    {
        var download = new FileDownload(hub, commit, options.Retry, board) { StallTimeout = options.Timeout };
        var done = new ConcurrentBag<PulledFile>();
        await Parallel.ForEachAsync(
            files,
            new ParallelOptions { MaxDegreeOfParallelism = options.Jobs, CancellationToken = cancellationToken },
            async (file, token) => done.Add(await download.RunAsync(file, HubPath.LocalPath(_folder, file.Path), token))
        );
        return [.. done];
    }
}
