using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace InstructDiffusion.Api.Tests;

/// <summary>Counts the requests that the server knows to be aborted, so that tests need not guess when it does.</summary>
public sealed class AbortCounter : IStartupFilter
{
    private int _count;

    public int Count => Volatile.Read(ref _count);

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(
                async (http, rest) =>
                {
                    int isCounted = 0;
                    using var registration = http.RequestAborted.Register(CountOnce);
                    try
                    {
                        await rest(http);
                    }
                    finally
                    {
                        // The last to register is the first to be told: a request that then ends at once is over before its turn.
                        if (http.RequestAborted.IsCancellationRequested)
                        {
                            CountOnce();
                        }
                    }

                    void CountOnce()
                    {
                        if (Interlocked.Exchange(ref isCounted, 1) == 0)
                        {
                            Interlocked.Increment(ref _count);
                        }
                    }
                }
            );
            next(app);
        };
}
