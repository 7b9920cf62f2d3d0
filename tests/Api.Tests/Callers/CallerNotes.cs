using System.Collections.Concurrent;
using InstructDiffusion.Api.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;

namespace InstructDiffusion.Api.Tests.Callers;

/// <summary>Notes who each request was taken to be from.</summary>
internal sealed class CallerNotes : IStartupFilter
{
    private readonly ConcurrentQueue<Caller> _callers = new();

    public IReadOnlyList<Caller> Callers => [.. _callers];

    public Action<IApplicationBuilder> Configure(Action<IApplicationBuilder> next) =>
        app =>
        {
            app.Use(
                async (http, rest) =>
                {
                    await rest(http);
                    _callers.Enqueue(Caller.Of(http));
                }
            );
            next(app);
        };
}
