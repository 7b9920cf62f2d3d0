using InstructDiffusion.Api.Callers;

namespace InstructDiffusion.Api.Tests.Callers;

/// <summary>Keys for tests, and servers that know them.</summary>
internal static class Keys
{
    public static readonly string Alice = ApiKey.Create();
    public static readonly string Bob = ApiKey.Create();

    /// <summary>Adds a key to the server's settings.</summary>
    public static void AddKey(
        this IDictionary<string, string> settings,
        string key,
        string name,
        string scopes = "edit jobs metrics",
        string? expires = null
    )
    {
        int index = settings.Keys.Count(setting => setting.EndsWith(":Hash", StringComparison.Ordinal));
        settings[$"Security:Keys:{index}:Name"] = name;
        settings[$"Security:Keys:{index}:Hash"] = ApiKey.Hash(key);
        settings[$"Security:Keys:{index}:Scopes"] = scopes;
        if (expires is not null)
        {
            settings[$"Security:Keys:{index}:Expires"] = expires;
        }
    }

    /// <summary>The request with a key.</summary>
    public static HttpRequestMessage From(this HttpRequestMessage request, string key)
    {
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {key}");
        return request;
    }

    public static HttpRequestMessage Get(string path) => new(HttpMethod.Get, path);
}
