using System.Globalization;
using System.Text.RegularExpressions;
using InstructDiffusion.Api.Callers;
using InstructDiffusion.Api.Errors;
using InstructDiffusion.Engine.Batching;

namespace InstructDiffusion.Api.Edits;

/// <summary>How an edit wants to be served: the fields of <see cref="EditField.Service"/> and the header <c>Cancel-After</c>.</summary>
internal static partial class EditTerms
{
    /// <summary>The classes by the names of <c>priority</c>.</summary>
    public static IReadOnlyDictionary<string, EditPriority> Priorities { get; } =
        new OrderedDictionary<string, EditPriority>(StringComparer.Ordinal)
        {
            ["interactive"] = EditPriority.Interactive,
            ["standard"] = EditPriority.Standard,
            ["batch"] = EditPriority.Batch,
        };

    /// <summary>What can happen at a deadline, by the names of <c>on_deadline</c>.</summary>
    public static IReadOnlyDictionary<string, DeadlineAction> DeadlineActions { get; } =
        new OrderedDictionary<string, DeadlineAction>(StringComparer.Ordinal)
        {
            ["fail"] = DeadlineAction.Fail,
            ["partial"] = DeadlineAction.Partial,
        };

    private const string CancelAfter = "Cancel-After";
    private static readonly TimeSpan Shortest = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <summary>Understands them; what is wrong with a field is noted in the form's errors.</summary>
    /// <param name="form">The request's fields.</param>
    /// <param name="request">Its header and its caller.</param>
    /// <param name="elapsed">Time since the request arrived: deadlines count from there.</param>
    /// <exception cref="ApiException">The header cannot be read.</exception>
    public static EditTicketOptions Read(EditForm form, HttpRequest request, TimeSpan elapsed)
    {
        var reader = new FieldReader(form);
        DeadlineAction action = reader.OneOf(EditField.OnDeadline, DeadlineActions) ?? DeadlineAction.Fail;
        if (action == DeadlineAction.Partial && !reader.Has(EditField.DeadlineMs))
        {
            reader.Fault(EditField.OnDeadline, $"needs {EditField.DeadlineMs.Name}");
        }
        TimeSpan? deadline = reader.WholeNumber(EditField.DeadlineMs) is { } ms ? TimeSpan.FromMilliseconds(ms) : null;
        TimeSpan? cancel = ReadCancelAfter(request);
        bool isCancelFirst = cancel is not null && !(deadline < cancel);
        TimeSpan? limit = (isCancelFirst ? cancel : deadline) - elapsed;
        return new EditTicketOptions
        {
            Tenant = Caller.Of(request.HttpContext).Name,
            Priority = reader.OneOf(EditField.Priority, Priorities) ?? EditPriority.Standard,
            TimeLimit = limit < TimeSpan.Zero ? TimeSpan.Zero : limit,
            OnDeadline = isCancelFirst ? DeadlineAction.Fail : action,
        };
    }

    private static TimeSpan? ReadCancelAfter(HttpRequest request)
    {
        string text = request.Headers[CancelAfter].ToString();
        if (text.Length == 0)
        {
            return null;
        }
        if (Duration().Match(text) is { Success: true } match)
        {
            double seconds =
                3_600 * Part(match, "hours")
                + 60 * Part(match, "minutes")
                + Part(match, "seconds")
                + Part(match, "plain");
            TimeSpan duration = TimeSpan.FromSeconds(seconds);
            if (duration >= Shortest && duration <= Longest)
            {
                return duration;
            }
        }
        throw new ApiException(
            ProblemKind.BadRequest,
            $"{CancelAfter} must be a time between 1s and 24h such as 90s, 1m30s or 2h, got '{EditForm.Shown(text)}'."
        );
    }

    private static double Part(Match match, string name) =>
        match.Groups[name] is { Success: true } part ? double.Parse(part.Value, CultureInfo.InvariantCulture) : 0;

    [GeneratedRegex(
        "^(?:(?<plain>[0-9]{1,6})|(?:(?<hours>[0-9]{1,2})h)?(?:(?<minutes>[0-9]{1,4})m)?(?:(?<seconds>[0-9]{1,6})s)?)$",
        RegexOptions.None,
        matchTimeoutMilliseconds: 1_000
    )]
    private static partial Regex Duration();
}
