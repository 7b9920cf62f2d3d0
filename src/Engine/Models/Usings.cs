// Our layers, not TorchSharp's of the same name: fp32 norms, no random initialisation, weights that can live on META.
global using Conv2d = InstructDiffusion.Engine.Models.Layers.Conv2d;
global using Embedding = InstructDiffusion.Engine.Models.Layers.Embedding;
global using GroupNorm = InstructDiffusion.Engine.Models.Layers.GroupNorm;
global using LayerNorm = InstructDiffusion.Engine.Models.Layers.LayerNorm;
global using Linear = InstructDiffusion.Engine.Models.Layers.Linear;
