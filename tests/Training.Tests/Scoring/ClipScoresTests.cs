using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.Engine.Models.Clip;
using InstructDiffusion.Engine.Models.Tokenization;
using InstructDiffusion.Engine.Weights;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Scoring;
using static TorchSharp.torch;

namespace InstructDiffusion.Training.Tests.Scoring;

public sealed class ClipScoresTests : IDisposable
{
    private readonly TempFolder _folder = new();

    private static CancellationToken Cancel => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void OfPictures_MoreThanABatch_GivesEachPictureItsOwnVector()
    {
        using ClipScores clip = TinyClip.Open(_folder);
        RgbImage[] pictures = [.. Enumerable.Range(0, 35).Select(i => TestImages.Photo(40 + i, 50, seed: i))];
        using var scope = NewDisposeScope();

        Tensor all = clip.OfPictures(pictures, Cancel);

        Assert.Equal([35, TinyClip.Size], all.shape);
        foreach (int i in (int[])[0, 31, 32, 34])
        {
            Fixture.AssertClose(all[i], clip.OfPictures([pictures[i]], Cancel)[0], 1e-5, $"picture {i}");
        }
        Fixture.AssertClose(all.norm(-1), ones(35), 1e-6, "lengths");
    }

    [Fact]
    public void OfTexts_ReferenceTokens_GivesTransformersVectors()
    {
        using ClipScores clip = TinyClip.Open(_folder);
        TensorFile data = Fixture.Default.Tensors("adjuncts/clip.safetensors");
        using var scope = NewDisposeScope();
        ClipTokenizer tokenizer = ClipTokenizer.Load(_folder.Of("clip"));
        (ClipModel model, _) = ClipFolder.Load(_folder.Of("clip"), "cpu", Cancel);
        string[] texts = ["a dog", "", string.Concat(Enumerable.Repeat("the sky at night ", 60))];
        long[] ids = [.. texts.SelectMany(text => tokenizer.Encode(text).Ids)];

        Tensor vectors = clip.OfTexts(texts, Cancel);

        Fixture.AssertClose(model.TextEmbeds(data.Tensor("input_ids")), data.Tensor("text_embeds"), 2e-6, "loaded");
        Tensor expected = ClipModel.Normalize(model.TextEmbeds(tensor(ids, [3, 77])));
        Fixture.AssertClose(vectors, expected, 1e-6, "vectors");
        model.Dispose();
    }

    [Fact]
    public void OfPictures_LeavesOnlyItsResult()
    {
        using ClipScores clip = TinyClip.Open(_folder);
        RgbImage picture = TestImages.Photo(30, 20);

        LeakAssert.Leaves(2, () => _ = (clip.OfPictures([picture], Cancel), clip.OfTexts(["a dog"], Cancel)));
    }

    [Fact]
    public void Open_OldFileWithPositionIds_Loads()
    {
        string folder = TinyClip.Write(_folder);
        string file = Path.Combine(folder, "model.safetensors");
        using (var weights = new NamedTensors("old"))
        using (NewDisposeScope())
        {
            using (ITensorSource source = CheckpointFile.Open(file))
            {
                foreach (string name in source.Tensors.Keys)
                {
                    weights.Add(name, source.Read(name));
                }
            }
            weights.Add("text_model.embeddings.position_ids", arange(77).view(1, 77));
            Engine.Weights.Safetensors.SafetensorsWriter.Write(file, weights, cancellationToken: Cancel);
        }

        using ClipScores clip = ClipScores.Open(folder, "cpu", Cancel);

        Assert.Equal(TinyClip.Size, clip.Size);
    }

    [Fact]
    public void Open_TokenizerBesideTheFolder_IsFound()
    {
        string folder = TinyClip.Write(_folder);
        Directory.CreateDirectory(_folder.Of("tokenizer"));
        foreach (string name in (string[])["vocab.json", "merges.txt", "special_tokens_map.json"])
        {
            File.Move(Path.Combine(folder, name), _folder.Of("tokenizer", name));
        }

        using ClipScores clip = ClipScores.Open(folder, "cpu", Cancel);

        Assert.Equal(TinyClip.Size, clip.Size);
    }

    [Fact]
    public void Open_WithoutItsTokenizer_SaysThatClipsOwnDoesNotFit()
    {
        string folder = TinyClip.Write(_folder);
        File.Delete(Path.Combine(folder, "vocab.json"));

        var error = Assert.Throws<ScoringException>(() => ClipScores.Open(folder, "cpu", Cancel));

        Assert.Contains("49408 tokens, the model only 1000", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Open_FolderWithoutConfig_SaysWhatIsMissing()
    {
        var error = Assert.Throws<ScoringException>(() => ClipScores.Open(_folder.Path, "cpu", Cancel));

        Assert.Contains("config.json", error.Message, StringComparison.Ordinal);
    }
}
