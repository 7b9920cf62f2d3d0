using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace InstructDiffusion.Api.Tests;

/// <summary>Keeps what is logged, with exceptions, for tests to look at.</summary>
public sealed class LogCollector : ILoggerProvider
{
    private readonly ConcurrentQueue<string> _lines = new();

    /// <summary>The least that is kept.</summary>
    public LogLevel Level { get; init; } = LogLevel.Information;

    public IReadOnlyList<string> Lines => [.. _lines];

    public ILogger CreateLogger(string categoryName) => new Logger(this);

    public void Dispose() { }

    private sealed class Logger(LogCollector collector) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel,
            EventId eventId,
            TState state,
            Exception? exception,
            Func<TState, Exception?, string> formatter
        )
        {
            if (logLevel >= collector.Level)
            {
                collector._lines.Enqueue($"{logLevel} {formatter(state, exception)} {exception}");
            }
        }
    }
}
