using System.ComponentModel.DataAnnotations;

namespace InstructDiffusion.Api.Security;

/// <summary>Section <c>Security</c>: who may ask, and what the server does for whom.</summary>
internal sealed class SecurityOptions : IValidatableObject
{
    public const string Section = "Security";

    /// <summary>Pictures that clients name by an address instead of sending them.</summary>
    public OutboundOptions ImageUrls { get; init; } = new();

    /// <summary>Addresses that clients want to be told at when a job is done.</summary>
    public OutboundOptions Webhooks { get; init; } = new();

    public IEnumerable<ValidationResult> Validate(ValidationContext validationContext) =>
        [.. Of(nameof(ImageUrls), ImageUrls), .. Of(nameof(Webhooks), Webhooks)];

    // The framework validates an object's own members only.
    private static IEnumerable<ValidationResult> Of(string name, object part)
    {
        List<ValidationResult> faults = [];
        Validator.TryValidateObject(part, new ValidationContext(part), faults, validateAllProperties: true);
        return faults.Select(fault => new ValidationResult($"{Section}:{name}: {fault.ErrorMessage}"));
    }
}
