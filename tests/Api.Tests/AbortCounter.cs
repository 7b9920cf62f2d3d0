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
                    using var registration = http.RequestAborted.Register(() => Interlocked.Increment(ref _count));
                    await rest(http);
                }
            );
            next(app);
        };
}
