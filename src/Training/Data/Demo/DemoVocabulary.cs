using InstructDiffusion.Training.Randomness;

namespace InstructDiffusion.Training.Data.Demo;

/// <summary>The texts that a tokenizer for the demo is learnt from.</summary>
public static class DemoVocabulary
{
    /// <summary>
    /// Instructions and captions of training, the held-out phrasings too (their words, not their pairs: a word that the tokenizer cuts
    /// into letters says nothing of how well the model generalises), and every noun and colour.
    /// </summary>
    /// <param name="folder">Built by <c>data demo</c>.</param>
    /// <param name="count">Scenes to word in each split.</param>
    public static IEnumerable<string> Texts(DemoFolder folder, int count = 20_000)
    {
        ArgumentNullException.ThrowIfNull(folder);
        foreach (DemoSplit split in (DemoSplit[])[DemoSplit.Train, DemoSplit.HeldOut])
        {
            const int Resolution = 64;
            var pairs = new DemoDataset(folder, split, Resolution, seed: 0, count);
            var captions = new DemoCaptionDataset(folder, split, Resolution, seed: 0, count);
            for (long i = 0; i < count; i++)
            {
                var random = new CounterRandom(0, RandomPurpose.Phrasing, i);
                yield return pairs.Describe(i, random, random).Instruction;
                yield return captions.Describe(i, random, random).Instruction;
            }
        }
        IEnumerable<string> colors = NamedColor
            .Segmentation.Concat(NamedColor.Keypoints)
            .Concat(Recolouring.Palette)
            .Select(color => color.Name);
        foreach (string word in folder.Nouns.Select(noun => noun.Noun).Concat(colors))
        {
            // Twice: a word that occurs once is not worth a token to the learner.
            yield return word;
            yield return word;
        }
    }
}
