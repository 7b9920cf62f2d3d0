namespace InstructDiffusion.Training.Data.Demo;

/// <summary>Which pictures and phrasings the scenes are made of. The values are part of what makes scenes repeatable.</summary>
public enum DemoSplit
{
    /// <summary>For training: none of what is held out.</summary>
    Train = 0,

    /// <summary>For evaluation: objects, photographs and phrasings of training in scenes that training never draws.</summary>
    Familiar = 1,

    /// <summary>
    /// For evaluation: held-out photographs and phrasings; of nouns with held-out pictures, those. Objects that an instruction asks
    /// for by name alone look as in training, for no model can know how the others look.
    /// </summary>
    HeldOut = 2,
}
