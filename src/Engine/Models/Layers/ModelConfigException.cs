namespace InstructDiffusion.Engine.Models.Layers;

/// <summary>A model's config.json cannot be read, or describes a model that this engine has not.</summary>
public sealed class ModelConfigException(string message) : Exception(message);
