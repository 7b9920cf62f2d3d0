using System.Net;

namespace InstructDiffusion.Cli.Pull;

/// <summary>Turns a hub's refusal into a sentence that says what to do.</summary>
internal static class HubFailure
{
    public static HubException Of(HttpResponseMessage response, Uri address)
    {
        HttpStatusCode status = response.StatusCode;
        string detail = response.Headers.TryGetValues("X-Error-Message", out IEnumerable<string>? values)
            ? $" ({HubPath.Printable(values.First())})"
            : "";
        string advice = status switch
        {
            HttpStatusCode.Unauthorized =>
                ": no such model, or it needs a token (set the variable named by --token-env)",
            HttpStatusCode.Forbidden => ": the token may not read it; accept the model's licence on the hub first",
            HttpStatusCode.NotFound => ": no such model, revision or file",
            HttpStatusCode.TooManyRequests => ": too many requests",
            _ => "",
        };
        return new HubException($"{address.Host} answers {(int)status} to {address.AbsolutePath}{advice}{detail}")
        {
            Status = status,
            IsTransient =
                (int)status >= 500 || status is HttpStatusCode.TooManyRequests or HttpStatusCode.RequestTimeout,
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }
}
