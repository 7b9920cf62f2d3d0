using System.Globalization;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Data;
using InstructDiffusion.Training.Data.Poses;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data.Poses;

/// <summary>The four pose sets as they lie on users' disks, made small. Each joint's place has a colour of its own in the picture.</summary>
public sealed class PoseDatasetTests : IDisposable
{
    private const int Width = 200;
    private const int Height = 160;
    private const string Unchanged = "Leave the image unchanged.";

    private readonly DatasetWorkshop _workshop = new();

    public void Dispose() => _workshop.Dispose();

    [Theory]
    [InlineData(DataSourceKind.CocoKeypoints, 17)]
    [InlineData(DataSourceKind.CrowdPose, 14)]
    [InlineData(DataSourceKind.Aic, 14)]
    [InlineData(DataSourceKind.Mpii, 16)]
    public void Read_Augmented_PutsEachDiscWhereTheNamedJointIsSeen(DataSourceKind kind, int joints)
    {
        Lay(kind, joints);
        IEditDataset set = _workshop.Open(kind, 256);
        IReadOnlyList<string> names = PoseSkeleton.Of(kind).Joints;
        int discs = 0;
        int exchanged = 0;

        for (int position = 0; position < 60; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            foreach ((string joint, NamedColor color) in Clauses(sample.Instruction, names))
            {
                if (CenterOfWholeDisc(sample, color) is var (x, y))
                {
                    // The colour under the disc tells which joint of the original picture lies there.
                    int seen = JointOfColor(sample.Source.Pixels.Slice((y * 256 + x) * 3, 3));
                    bool isMirrored = seen != IndexOf(names, joint);
                    Assert.Equal(joint, names[isMirrored ? PoseSkeleton.Of(kind).Mirrored[seen] : seen]);
                    exchanged += isMirrored ? 1 : 0;
                    discs++;
                }
            }
            Assert.Equal("keypoints", sample.Task);
        }

        Assert.InRange(discs, 40, 300);
        Assert.InRange(exchanged, discs / 5, discs * 4 / 5);
    }

    [Fact]
    public void Read_NotAugmented_DrawsDiscsOf325PixelsAndNothingElse()
    {
        Lay(DataSourceKind.CocoKeypoints, 17);
        IEditDataset set = _workshop.Open(DataSourceKind.CocoKeypoints, 256, source => source with { Augment = false });
        int[] widths = [3, 9, 13, 15, 17, 17, 19, 19, 19, 21, 21, 21, 19, 19, 19, 17, 17, 15, 13, 9, 3];

        for (int position = 0; position < 30; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            byte[] expected = sample.Source.Pixels.ToArray();
            foreach (
                (string joint, NamedColor color) in Clauses(
                    sample.Instruction,
                    PoseSkeleton.Of(DataSourceKind.CocoKeypoints).Joints
                )
            )
            {
                // The box is 10, 8 to 190, 152: 179 and 143 after the authors' clamping; a square of 179·1.25 about its middle.
                (double x, double y) = PlaceOf(IndexOf(PoseSkeleton.Of(DataSourceKind.CocoKeypoints).Joints, joint));
                double zoom = 256 / (179 * 1.25);
                int centerX = (int)Math.Floor((x - (10 + 179 / 2.0)) * zoom + 128 + 0.5);
                int centerY = (int)Math.Floor((y - (8 + 143 / 2.0)) * zoom + 128 + 0.5);
                for (int row = 0; row < widths.Length; row++)
                {
                    for (int column = -(widths[row] / 2); column <= widths[row] / 2; column++)
                    {
                        int at = ((centerY + row - 10) * 256 + centerX + column) * 3;
                        (expected[at], expected[at + 1], expected[at + 2]) = (color.Red, color.Green, color.Blue);
                    }
                }
            }
            Assert.Equal(325, widths.Sum());
            Assert.Equal(expected, sample.Target.Pixels.ToArray());
        }
    }

    [Fact]
    public void Read_AsksForOneToFiveJoints_InDistinctColors()
    {
        Lay(DataSourceKind.CocoKeypoints, 17);
        IEditDataset set = _workshop.Open(DataSourceKind.CocoKeypoints, 64, source => source with { Augment = false });
        IReadOnlyList<string> names = PoseSkeleton.Of(DataSourceKind.CocoKeypoints).Joints;
        var counts = new int[6];
        var joints = new HashSet<string>();
        var colors = new HashSet<string>();

        for (int position = 0; position < 500; position++)
        {
            (string Joint, NamedColor Color)[] clauses =
            [
                .. Clauses(
                    set.Describe(
                        0,
                        DatasetWorkshop.Augmentation(position),
                        DatasetWorkshop.Phrasing(position)
                    ).Instruction,
                    names
                ),
            ];
            counts[clauses.Length]++;
            Assert.Equal(clauses.Length, clauses.Select(clause => clause.Joint).Distinct().Count());
            Assert.Equal(clauses.Length, clauses.Select(clause => clause.Color).Distinct().Count());
            joints.UnionWith(clauses.Select(clause => clause.Joint));
            colors.UnionWith(clauses.Select(clause => clause.Color.Name));
        }

        Assert.Equal(0, counts[0]);
        Assert.All(counts[1..], count => Assert.InRange(count, 65, 140));
        Assert.Equal(17, joints.Count);
        Assert.Equal(9, colors.Count);
    }

    [Fact]
    public void Describe_SaysWhatReadDoes()
    {
        Lay(DataSourceKind.CrowdPose, 14);
        IEditDataset set = _workshop.Open(DataSourceKind.CrowdPose);

        for (int position = 0; position < 20; position++)
        {
            Assert.Equal(
                DatasetWorkshop.Read(set, 0, position).Instruction,
                set.Describe(0, DatasetWorkshop.Augmentation(position), DatasetWorkshop.Phrasing(position)).Instruction
            );
        }
    }

    [Fact]
    public void Read_JointWithoutLabel_IsNamedAndHasNoDisc()
    {
        Lay(DataSourceKind.CocoKeypoints, 17, isVisible: joint => joint == 0);
        IEditDataset set = _workshop.Open(DataSourceKind.CocoKeypoints, 256, source => source with { Augment = false });

        for (int position = 0; position < 30; position++)
        {
            EditSample sample = DatasetWorkshop.Read(set, 0, position);
            bool asksForNose = sample.Instruction.Contains("nose", StringComparison.Ordinal);
            Assert.NotEqual(asksForNose, sample.Source.Pixels.SequenceEqual(sample.Target.Pixels));
            Assert.EndsWith(", ", sample.Instruction, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Read_EveryJointOutOfTheFrame_SaysToLeaveItUnchanged_OrNothingAsReleased()
    {
        // A box far from the joints.
        Lay(DataSourceKind.CocoKeypoints, 17, box: "[180, 140, 6, 6]");
        IEditDataset mended = _workshop.Open(
            DataSourceKind.CocoKeypoints,
            64,
            source => source with { Augment = false }
        );
        IEditDataset released = _workshop.Open(
            DataSourceKind.CocoKeypoints,
            64,
            source => source with { Augment = false, AsReleased = [ReleasedDefect.EmptyInstruction] }
        );

        EditSample sample = DatasetWorkshop.Read(mended, 0);

        Assert.Equal(Unchanged, sample.Instruction);
        Assert.Equal(sample.Source.Pixels, sample.Target.Pixels);
        Assert.Equal("", DatasetWorkshop.Read(released, 0).Instruction);
    }

    [Fact]
    public void Read_HiddenJointWithStoredPlace_AsReleasedIsJudgedByIt()
    {
        // MPII stores places of hidden joints; as released those beyond 256 pixels of the whole picture are not named.
        _workshop.Picture("images/1.jpg", TestImages.Photo(400, 300));
        _workshop.Write(
            "annot/train.json",
            Mpii("1.jpg", center: (200, 150), joint: i => (i == 0 ? 200 : 390, 150), i => i == 0)
        );
        DataSourceRecipe Still(DataSourceRecipe source) => source with { Augment = false };
        IEditDataset mended = _workshop.Open(DataSourceKind.Mpii, 256, Still);
        IEditDataset released = _workshop.Open(
            DataSourceKind.Mpii,
            256,
            source => Still(source) with { AsReleased = [ReleasedDefect.UntransformedHiddenJoints] }
        );

        Assert.Contains("left_wrist", AllWords(mended), StringComparison.Ordinal);
        Assert.DoesNotContain("left_wrist", AllWords(released), StringComparison.Ordinal);

        static string AllWords(IEditDataset set) =>
            string.Concat(
                Enumerable
                    .Range(0, 40)
                    .Select(i =>
                        set.Describe(0, DatasetWorkshop.Augmentation(i), DatasetWorkshop.Phrasing(i)).Instruction
                    )
            );
    }

    [Theory]
    [InlineData(-10.6, true, false)] // the disc ends at −1: outside; as released named and not seen
    [InlineData(-10.4, false, false)] // rounds to −10, and its last pixel is the frame's first
    [InlineData(-11.6, false, true)] // −12 and −11: outside; the authors' int() makes −11 of it, where it is named
    public void Draw_AtTheFramesEdge_DependsOnTheDefects(double x, bool edgeNames, bool bothName)
    {
        var person = new Person("x", new PersonBox(128, 128, 1.28), [(float)x, 100, .. new float[32]], 1);
        var frame = new PoseFrame(person.Box, 0, IsMirrored: false, 256);
        bool mended = IsNamed();
        bool edge = IsNamed(ReleasedDefect.EdgeClause);
        bool both = IsNamed(ReleasedDefect.EdgeClause, ReleasedDefect.TruncatedPositions);

        Assert.Equal(x > -10.5, mended);
        Assert.Equal(edgeNames || mended, edge);
        Assert.Equal(bothName || edge, both);

        bool IsNamed(params ReleasedDefect[] defects)
        {
            var marks = new PoseMarks(
                PoseSkeleton.Of(DataSourceKind.CocoKeypoints),
                new DataSourceRecipe
                {
                    Kind = DataSourceKind.CocoKeypoints,
                    Path = "x",
                    AsReleased = defects,
                },
                radius: 10
            );
            return Enumerable
                .Range(0, 60)
                .Any(i =>
                {
                    var random = DatasetWorkshop.Augmentation(i);
                    return marks.Draw(person, frame, ref random).Any(mark => mark.Joint == "nose");
                });
        }
    }

    [Fact]
    public void Open_Coco_LeavesOutWhatTheAuthorsLeaveOut_AndRejectsWhatIsAbsurd()
    {
        _workshop.Picture("images/train2017/000000000009.jpg", TestImages.Photo(Width, Height));
        string joints = string.Join(',', Enumerable.Repeat("50,60,2", 17));
        string zeros = string.Join(',', Enumerable.Repeat("0,0,0", 17));
        string[] people =
        [
            Entry("\"iscrowd\": 1", joints),
            Entry("\"iscrowd\": 0", zeros),
            Entry("\"iscrowd\": 0, \"category_id\": 2", joints),
            Entry("\"area\": 0", joints),
            Entry("\"bbox\": [500, 10, 20, 20]", joints),
            Entry("\"bbox\": [10, 10, NaN, 20]", joints),
            Entry("\"bbox\": [10, 10, 1e300, 20]", joints),
            Entry("\"bbox\": [10, 10]", joints),
            Entry("\"image_id\": 77", joints),
            Entry("\"image_id\": 10", joints),
            Entry("\"iscrowd\": 0", "1,2,2"),
            Entry("\"iscrowd\": 0", joints.Replace("50,60,2,50", "50,-1e9,2,50", StringComparison.Ordinal)),
            """{"image_id": "nine"}""",
            "7",
            Entry("\"iscrowd\": 0", joints),
        ];
        Coco("annotations/person_keypoints_train2017.json", people);

        Assert.Equal(1, _workshop.Open(DataSourceKind.CocoKeypoints).Count);

        Assert.Equal(
            [
                ("crowds", 1),
                ("objects of another category than the first", 1),
                ("people without area, or with a box outside their picture", 2),
                ("people without joints", 1),
            ],
            _workshop.Rejections.LeftOut.Select(r => (r.Reason, r.Count)).Order()
        );
        Assert.Equal(
            [
                ("a person of a picture that the file does not have", 1),
                ("a person with a box that cannot be", 2),
                ("a person with other than 17 joints, or with joints nowhere near", 2),
                ("a picture of an absurd size", 1),
                ("person: not of the expected shape", 3),
            ],
            _workshop.Rejections.Rejected.Select(r => (r.Reason, r.Count)).Order()
        );
    }

    [Fact]
    public void Open_Mpii_RejectsWhatIsAbsurd()
    {
        _workshop.Picture("images/1.jpg", TestImages.Photo(Width, Height));
        string good = Mpii("1.jpg", (100, 80), i => (50 + i, 60), _ => true)[1..^1];
        string[] people =
        [
            good.Replace("\"scale\":1", "\"scale\":-1", StringComparison.Ordinal),
            good.Replace("\"scale\":1", "\"scale\":1e9", StringComparison.Ordinal),
            good.Replace("\"scale\":1", "\"scale\":NaN", StringComparison.Ordinal),
            good.Replace("[100,80]", "[-1,-1]", StringComparison.Ordinal),
            good.Replace("[100,80]", "[100]", StringComparison.Ordinal),
            good.Replace("[50,60],", "", StringComparison.Ordinal),
            good,
        ];
        _workshop.Write("annot/train.json", $"[{string.Join(',', people)}]");

        Assert.Equal(1, _workshop.Open(DataSourceKind.Mpii).Count);
        Assert.Equal(6, _workshop.Rejections.RejectedCount);
    }

    [Fact]
    public void Open_SetInCocosForm_IsFoundByItsAnnotations()
    {
        Lay(DataSourceKind.CocoKeypoints, 17);
        Directory.Move(Path.Combine(_workshop.Root, "images"), Path.Combine(_workshop.Root, "photos"));
        string json = File.ReadAllText(Path.Combine(_workshop.Root, "annotations/person_keypoints_train2017.json"));
        _workshop.Write(
            "humans.json",
            json.Replace("000000000009.jpg", "photos/train2017/000000000009.jpg", StringComparison.Ordinal)
        );

        IEditDataset set = _workshop.Open(
            DataSourceKind.CocoKeypoints,
            source => source with { Annotations = "humans.json" }
        );

        Assert.NotEmpty(DatasetWorkshop.Read(set, 0).Instruction);
    }

    [Fact]
    public void Read_PictureWithOrientation_IsReadAsStored()
    {
        Lay(DataSourceKind.CocoKeypoints, 17);
        EditSample plain = DatasetWorkshop.Read(_workshop.Open(DataSourceKind.CocoKeypoints), 0);
        RgbImage stored = _workshop.Decoded("images/train2017/000000000009.jpg");
        // Stored so that a viewer would turn it; annotations do not.
        byte[] tagged = TestImageFiles.WithOrientation(Rotated(stored), 6);
        Assert.Equal(stored.Pixels, ImageCodec.Decode(tagged, ImageDecodeLimits.Default, upright: false).Image.Pixels);
        _workshop.Write("images/train2017/000000000009.jpg", tagged);

        Assert.Equal(
            plain.Source.Pixels,
            DatasetWorkshop.Read(_workshop.Open(DataSourceKind.CocoKeypoints), 0).Source.Pixels
        );
    }

    [Fact]
    public void Open_Validation_IsNotAugmented()
    {
        Lay(DataSourceKind.CocoKeypoints, 17);
        foreach (string folder in (string[])["images/train2017", "images/val2017"])
        {
            Directory.CreateDirectory(Path.Combine(_workshop.Root, folder));
        }
        File.Copy(
            Path.Combine(_workshop.Root, "images/train2017/000000000009.jpg"),
            Path.Combine(_workshop.Root, "images/val2017/000000000009.jpg")
        );
        File.Copy(
            Path.Combine(_workshop.Root, "annotations/person_keypoints_train2017.json"),
            Path.Combine(_workshop.Root, "annotations/person_keypoints_val2017.json")
        );
        IEditDataset set = _workshop.Open(DataSourceKind.CocoKeypoints, source => source with { Split = "val2017" });

        Assert.Equal(DatasetWorkshop.Read(set, 0, 1).Source.Pixels, DatasetWorkshop.Read(set, 0, 2).Source.Pixels);
    }

    private static int IndexOf(IReadOnlyList<string> names, string name) =>
        names.Index().Single(entry => string.Equals(entry.Item, name, StringComparison.Ordinal)).Index;

    /// <summary>Joints on a grid, 30 pixels apart.</summary>
    private static (double X, double Y) PlaceOf(int joint) => (30 + joint % 5 * 35, 30 + joint / 5 * 33);

    private static (byte R, byte G, byte B) ColorOf(int joint) =>
        ((byte)(40 + joint % 3 * 60), (byte)(40 + joint / 3 % 3 * 60), (byte)(40 + joint / 9 * 60));

    private static int JointOfColor(ReadOnlySpan<byte> pixel)
    {
        (int r, int g, int b) = (pixel[0], pixel[1], pixel[2]);
        return Enumerable
            .Range(0, 17)
            .MinBy(joint =>
            {
                (byte red, byte green, byte blue) = ColorOf(joint);
                return Math.Abs(red - r) + Math.Abs(green - g) + Math.Abs(blue - b);
            });
    }

    private void Lay(
        DataSourceKind kind,
        int joints,
        Func<int, bool>? isVisible = null,
        string box = "[10, 8, 180, 144]"
    )
    {
        isVisible ??= _ => true;
        var pixels = new byte[Width * Height * 3];
        for (int i = 0; i < Width * Height; i++)
        {
            pixels.AsSpan(3 * i, 3).Fill((byte)(90 + (i % 7)));
            for (int joint = 0; joint < joints; joint++)
            {
                (double x, double y) = PlaceOf(joint);
                if (Math.Abs(i % Width - x) <= 8 && Math.Abs(i / Width - y) <= 8)
                {
                    (pixels[3 * i], pixels[3 * i + 1], pixels[3 * i + 2]) = ColorOf(joint);
                }
            }
        }
        // PNG bytes under the sets' own names: files are told by their contents.
        byte[] picture = ImageCodec.Encode(new RgbImage(Width, Height, pixels), ImageFileFormat.Png);
        string keypoints = string.Join(
            ',',
            Enumerable
                .Range(0, joints)
                .Select(joint =>
                    isVisible(joint)
                        ? string.Create(CultureInfo.InvariantCulture, $"{PlaceOf(joint).X},{PlaceOf(joint).Y},2")
                        : "0,0,0"
                )
        );
        switch (kind)
        {
            case DataSourceKind.Mpii:
                _workshop.Write("images/000000000009.jpg", picture);
                _workshop.Write(
                    "annot/train.json",
                    Mpii(
                        "000000000009.jpg",
                        (100, 65),
                        joint => (PlaceOf(joint).X + 1, PlaceOf(joint).Y + 1),
                        isVisible
                    )
                );
                break;
            case DataSourceKind.CrowdPose:
                _workshop.Write("images/000000000009.jpg", picture);
                Coco("json/crowdpose_train.json", [Entry($"\"bbox\": {box}, \"area\": 0", keypoints)]);
                break;
            case DataSourceKind.Aic:
                _workshop.Write(
                    "ai_challenger_keypoint_train_20170902/keypoint_train_images_20170902/000000000009.jpg",
                    picture
                );
                Coco("annotations/aic_train.json", [Entry($"\"bbox\": {box}", keypoints)]);
                break;
            default:
                _workshop.Write("images/train2017/000000000009.jpg", picture);
                Coco("annotations/person_keypoints_train2017.json", [Entry($"\"bbox\": {box}", keypoints)]);
                break;
        }
    }

    // A later property of the same name wins.
    private static string Entry(string properties, string keypoints) =>
        $$"""
            {"id": 1, "image_id": 9, "category_id": 1, "iscrowd": 0, "area": 900, "bbox": [10, 8, 180, 144],
             "num_keypoints": 17, "segmentation": [[1, 2, 3]], {{properties}}, "keypoints": [{{keypoints}}]}
            """;

    private void Coco(string path, string[] people) =>
        _workshop.Write(
            path,
            $$"""
            {"annotations": [{{string.Join(',', people)}}],
             "images": [{"id": 9, "file_name": "000000000009.jpg", "width": {{Width}}, "height": {{Height}}},
                        {"id": 10, "file_name": "10.jpg", "width": 2000000000, "height": 1}],
             "categories": [{"id": 1, "name": "person"}, {"id": 2, "name": "dog"}]}
            """
        );

    private static string Mpii(
        string image,
        (int X, int Y) center,
        Func<int, (double X, double Y)> joint,
        Func<int, bool> isVisible
    )
    {
        string joints = string.Join(
            ',',
            Enumerable
                .Range(0, 16)
                .Select(i => string.Create(CultureInfo.InvariantCulture, $"[{joint(i).X},{joint(i).Y}]"))
        );
        string visible = string.Join(',', Enumerable.Range(0, 16).Select(i => isVisible(i) ? 1 : 0));
        return $$"""[{"joints_vis":[{{visible}}],"joints":[{{joints}}],"image":"{{image}}","scale":1,"center":[{{center.X}},{{center.Y}}]}]""";
    }

    /// <summary>The clauses of an instruction: each names one joint and one colour.</summary>
    private static IEnumerable<(string Joint, NamedColor Color)> Clauses(
        string instruction,
        IReadOnlyList<string> names
    )
    {
        if (string.Equals(instruction, Unchanged, StringComparison.Ordinal))
        {
            yield break; // every joint asked for was out of the frame
        }
        foreach (string clause in instruction.Split(", ", StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = clause.Replace(',', ' ').Split(' ', StringSplitOptions.RemoveEmptyEntries);
            NamedColor color = NamedColor.Keypoints.Single(candidate => words.Contains(candidate.Name));
            yield return (names.Single(name => clause.Contains($"the {name} of", StringComparison.Ordinal)), color);
        }
    }

    private static (int X, int Y)? CenterOfWholeDisc(EditSample sample, NamedColor color)
    {
        (int count, long sumX, long sumY) = (0, 0, 0);
        for (int i = 0; i < 256 * 256; i++)
        {
            ReadOnlySpan<byte> pixel = sample.Target.Pixels.Slice(3 * i, 3);
            bool isChanged = !pixel.SequenceEqual(sample.Source.Pixels.Slice(3 * i, 3));
            if (isChanged && pixel[0] == color.Red && pixel[1] == color.Green && pixel[2] == color.Blue)
            {
                (count, sumX, sumY) = (count + 1, sumX + i % 256, sumY + i / 256);
            }
        }
        return count == 325 ? ((int)(sumX / count), (int)(sumY / count)) : null;
    }

    private static RgbImage Rotated(RgbImage image)
    {
        // A quarter turn clockwise: what a viewer shows of orientation 6.
        var pixels = new byte[image.Pixels.Length];
        for (int y = 0; y < image.Height; y++)
        {
            for (int x = 0; x < image.Width; x++)
            {
                int to = (x * image.Height + image.Height - 1 - y) * 3;
                image.Pixels.Slice((y * image.Width + x) * 3, 3).CopyTo(pixels.AsSpan(to));
            }
        }
        return new RgbImage(image.Height, image.Width, pixels);
    }
}
