using InstructDiffusion.Training.Data.Pictures;
using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Pairs;

/// <summary>What is to be done with a pair, in one of several wordings.</summary>
/// <param name="Task">See <see cref="TaskNames"/>.</param>
internal abstract record PairText(string Task)
{
    /// <summary>Whether any wording says left or right: which one is drawn must not decide whether the pictures are mirrored.</summary>
    public abstract bool NamesSides { get; }

    /// <summary>One of the wordings.</summary>
    /// <param name="random">Moves on.</param>
    public abstract string Word(ref CounterRandom random);
}

/// <summary>A list of wordings.</summary>
/// <param name="Task">See <see cref="TaskNames"/>.</param>
/// <param name="Texts">At least one.</param>
internal sealed record Wordings(string Task, IReadOnlyList<string> Texts) : PairText(Task)
{
    /// <inheritdoc/>
    public override bool NamesSides => Texts.Any(SideWords.Names);

    /// <inheritdoc/>
    public override string Word(ref CounterRandom random) => random.Pick(Texts);
}
