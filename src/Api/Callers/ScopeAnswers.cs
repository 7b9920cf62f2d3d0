using InstructDiffusion.Api.Errors;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Authorization.Policy;
using Microsoft.IdentityModel.Tokens;

namespace InstructDiffusion.Api.Callers;

/// <summary>Says what a caller lacks that is not let in: credentials (401), or a scope (403); RFC 6750.</summary>
internal sealed class ScopeAnswers(ExceptionProblems problems, ILogger<ScopeAnswers> logger)
    : IAuthorizationMiddlewareResultHandler
{
    private const string Realm = "Bearer realm=\"instructdiffusion\"";

    public async Task HandleAsync(
        RequestDelegate next,
        HttpContext http,
        AuthorizationPolicy policy,
        PolicyAuthorizationResult result
    )
    {
        if (result.Succeeded)
        {
            await next(http);
            return;
        }
        ApiException error = result.Challenged ? Unknown(http, await http.AuthenticateAsync()) : Unscoped(http);
        logger.Refused(ProblemWriter.TraceId(http), error.Kind.Status, error.Kind.Code, error.Message);
        await problems.TryHandleAsync(http, error, http.RequestAborted);
    }

    private static ApiException Unknown(HttpContext http, AuthenticateResult authentication)
    {
        if (authentication.Failure is not { } failure)
        {
            http.Response.Headers.WWWAuthenticate = Realm;
            return new ApiException(
                ProblemKind.MissingCredentials,
                $"Send your key as \"Authorization: Bearer KEY\" or \"{Credential.KeyHeader}: KEY\"."
            );
        }
        http.Response.Headers.WWWAuthenticate = $"{Realm}, error=\"invalid_token\"";
        return new ApiException(ProblemKind.InvalidCredentials, Describe(failure));
    }

    private static ApiException Unscoped(HttpContext http)
    {
        string scope = string.Join(
            ' ',
            http.GetEndpoint()
                ?.Metadata.GetOrderedMetadata<IAuthorizeData>()
                .Select(data => data.Policy)
                .OfType<string>()
                ?? []
        );
        http.Response.Headers.WWWAuthenticate = $"{Realm}, error=\"insufficient_scope\", scope=\"{scope}\"";
        return new ApiException(ProblemKind.MissingScope, $"This needs the scope {scope}.");
    }

    // The library's messages may hold parts of the token.
    private static string Describe(Exception failure) =>
        failure switch
        {
            SecurityTokenExpiredException => "The token has expired.",
            SecurityTokenNotYetValidException => "The token is not valid yet.",
            SecurityTokenInvalidAudienceException => "The token is for another service.",
            SecurityTokenInvalidIssuerException => "The token is of another issuer.",
            SecurityTokenException or ArgumentException => "The token is not valid.",
            _ => failure.Message,
        };
}
