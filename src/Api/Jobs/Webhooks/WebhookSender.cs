using System.Globalization;
using System.Net;
using InstructDiffusion.Api.Configuration;
using InstructDiffusion.Api.Jobs.Progress;
using InstructDiffusion.Api.Jobs.Routes;
using InstructDiffusion.Api.Jobs.Storage;
using InstructDiffusion.Api.Observability;
using InstructDiffusion.Api.Security;
using InstructDiffusion.Outbound;
using Microsoft.Extensions.Options;

namespace InstructDiffusion.Api.Jobs.Webhooks;

/// <summary>
/// Reports the ends of jobs to the addresses that their owners named. What is owed stands in the store, so that a report is
/// made at least once, also after a restart; a receiver that gets one twice knows it by its id.
/// </summary>
internal sealed class WebhookSender(
    IJobStore store,
    JobView view,
    OutboundHttp outbound,
    IProgressBus bus,
    JobClock clock,
    JobMetrics metrics,
    IOptions<JobsOptions> options,
    IOptions<SecurityOptions> security,
    ILogger<WebhookSender> logger
) : BackgroundService
{
    private const int AtOnce = 4;
    private const int MostAnswer = 1_024;
    private static readonly TimeSpan IdleWait = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan UnavailableWait = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromHours(1);

    private readonly JobsOptions _options = options.Value;
    private readonly OutboundOptions _rules = security.Value.Webhooks;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!_options.Enabled || !_rules.Enabled || _options.WebhookKey() is not { } key)
        {
            return;
        }
        using var wake = new SemaphoreSlim(0);
        using IDisposable listening = bus.Subscribe(
            jobId: null,
            notice =>
            {
                if (notice.Kind == JobNoticeKind.Ended && wake.CurrentCount == 0)
                {
                    wake.Release();
                }
            }
        );
        try
        {
            while (true)
            {
                // Not the server's clock, which tests hold still: only the store's decides what is due.
                await wake.WaitAsync(await SendDueAsync(key, stoppingToken), stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // What is still owed is reported by the next server.
        }
    }

    /// <summary>Sends what is due.</summary>
    /// <returns>How long to wait until the next look, unless a job ends.</returns>
    private async Task<TimeSpan> SendDueAsync(byte[] key, CancellationToken stopping)
    {
        try
        {
            // Longer than an attempt can take, so that nobody else makes it meanwhile.
            TimeSpan lease = TimeSpan.FromSeconds(_rules.TotalSeconds) + LongestRetry / 60;
            IReadOnlyList<WebhookDelivery> due = await store.TakeDeliveriesAsync(AtOnce, lease, stopping);
            await Task.WhenAll(due.Select(delivery => SendAsync(delivery, key, stopping)));
            return due.Count == AtOnce ? TimeSpan.Zero : IdleWait;
        }
        catch (JobsUnavailableException)
        {
            return UnavailableWait;
        }
        catch (Exception error) when (!stopping.IsCancellationRequested)
        {
            logger.HousekeepingFaulted(error);
            return UnavailableWait;
        }
    }

    private async Task SendAsync(WebhookDelivery delivery, byte[] key, CancellationToken stopping)
    {
        if (delivery.Job.IsForgotten)
        {
            await store.SettleDeliveryAsync(delivery.Id, retryAfter: null, stopping);
            return;
        }
        (string outcome, TimeSpan? retryAfter) = await TryAsync(delivery, key, stopping);
        logger.WebhookTried(delivery.Job.Id, delivery.Attempt, outcome);
        await store.SettleDeliveryAsync(delivery.Id, retryAfter, stopping);
    }

    private async Task<(string Outcome, TimeSpan? RetryAfter)> TryAsync(
        WebhookDelivery delivery,
        byte[] key,
        CancellationToken stopping
    )
    {
        WebhookMessage message = WebhookMessage.Of(view.Show(delivery.Job));
        try
        {
            Uri address = outbound.Webhooks.Require(delivery.Job.Webhook!);
            using HttpRequestMessage request = message.ToRequest(address, key, clock.Now);
            OutboundAnswer answer = await outbound.Webhooks.SendAsync(request, MostAnswer, stopping);
            metrics.Reported(
                (int)answer.Status is >= 200 and < 300 ? WebhookOutcome.Delivered : WebhookOutcome.Refused
            );
            string status = ((int)answer.Status).ToString(CultureInfo.InvariantCulture);
            return (int)answer.Status switch
            {
                >= 200 and < 300 => ($"delivered, {status}", null),
                // The receiver wants no more, by the standard's word.
                (int)HttpStatusCode.Gone => ($"given up, {status}", null),
                _ => Failed($"answered {status}", delivery.Attempt, answer.RetryAfter),
            };
        }
        catch (OutboundException fault) when (fault.Fault == OutboundFault.Unreachable)
        {
            metrics.Reported(WebhookOutcome.Unreachable);
            return Failed(fault.Message, delivery.Attempt, wanted: null);
        }
        catch (OutboundException fault)
        {
            metrics.Reported(WebhookOutcome.Unreachable);
            return ($"given up, {fault.Message}", null);
        }
    }

    private (string Outcome, TimeSpan? RetryAfter) Failed(string reason, int attempt, TimeSpan? wanted)
    {
        if (attempt >= _options.WebhookAttempts)
        {
            return ($"given up, {reason}", null);
        }
        double seconds = _options.WebhookRetrySeconds * Math.Pow(4, attempt - 1);
        TimeSpan wait = TimeSpan.FromSeconds(Math.Max(seconds, wanted?.TotalSeconds ?? 0));
        return (reason, wait < LongestRetry ? wait : LongestRetry);
    }
}
