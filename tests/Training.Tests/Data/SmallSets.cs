using System.Formats.Tar;
using System.Globalization;
using System.IO.Compression;
using InstructDiffusion.Engine.Imaging;
using InstructDiffusion.TestSupport;
using InstructDiffusion.Training.Recipes;

namespace InstructDiffusion.Training.Tests.Data;

/// <summary>Every data set that users bring, with two pairs or people, as it lies on their disks.</summary>
internal static class SmallSets
{
    /// <summary>Kinds that are read from users' files.</summary>
    public static IReadOnlyList<DataSourceKind> Kinds { get; } =
    [.. Enum.GetValues<DataSourceKind>().Where(kind => !DataSourceKinds.IsBuiltHere(kind))];

    /// <summary>ADE20K's list of names, as the scene parsing challenge has it.</summary>
    public static string Ade20KNames =>
        "Idx\tRatio\tTrain\tVal\tName\n"
        + string.Concat(
            Enumerable.Range(1, 150).Select(id => $"{id}\t0.01\t10\t1\tThing-{id}, another name of {id}\n")
        );

    /// <summary>Lays one out.</summary>
    public static void Lay(DatasetWorkshop workshop, DataSourceKind kind)
    {
        switch (kind)
        {
            case DataSourceKind.Mpii:
                workshop.Write("annot/train.json", $"[{Mpii("1.jpg")},{Mpii("2.jpg")}]");
                Pictures(workshop, "images/1.jpg", "images/2.jpg");
                break;
            case DataSourceKind.CocoKeypoints:
                workshop.Write("annotations/person_keypoints_train2017.json", People(17));
                Pictures(workshop, "images/train2017/1.jpg", "images/train2017/2.jpg");
                break;
            case DataSourceKind.CrowdPose:
                workshop.Write("json/crowdpose_train.json", People(14));
                Pictures(workshop, "images/1.jpg", "images/2.jpg");
                break;
            case DataSourceKind.Aic:
                workshop.Write("annotations/aic_train.json", People(14));
                string aic = "ai_challenger_keypoint_train_20170902/keypoint_train_images_20170902";
                Pictures(workshop, $"{aic}/1.jpg", $"{aic}/2.jpg");
                break;
            case DataSourceKind.CocoStuff:
                workshop.Write(
                    "labels.txt",
                    string.Join('\n', Enumerable.Range(0, 183).Select(id => $"{id}: name-{id}"))
                );
                Pictures(workshop, "images/train2017/1.jpg", "images/train2017/2.jpg");
                byte[] labels = TestImageFiles.Grey(TestImages.Plain(96, 72, 17, 17, 17), ImageFileFormat.Png);
                workshop.Write("annotations/train2017/1.png", labels);
                workshop.Write("annotations/train2017/2.png", labels);
                break;
            case DataSourceKind.Ade20K:
                workshop.Write("objectInfo150.txt", Ade20KNames);
                Labelled(workshop, "training", (byte)17);
                Labelled(workshop, "validation", (byte)17);
                break;
            case DataSourceKind.PascalContext or DataSourceKind.PascalVoc:
                string kindOfLists = kind == DataSourceKind.PascalVoc ? "Segmentation" : "SegmentationContext";
                string maps = kind == DataSourceKind.PascalVoc ? "SegmentationClass" : "SegmentationClassContext";
                foreach (string id in (string[])["2007_000001", "2007_000002"])
                {
                    Pictures(workshop, $"JPEGImages/{id}.jpg");
                    workshop.Write($"{maps}/{id}.png", LabelFiles.Palette(96, 72, (x, _) => x < 40 ? 12 : 0));
                }
                workshop.Write($"ImageSets/{kindOfLists}/train.txt", "2007_000001\n2007_000002\n");
                workshop.Write($"ImageSets/{kindOfLists}/val.txt", "2007_000001\n2007_000002\n");
                break;
            case DataSourceKind.LabelMaps:
                workshop.Write("labels.txt", "300: lawn\n0: road\n");
                Pictures(workshop, "images/train/1.jpg", "images/train/2.png");
                byte[] wide = LabelFiles.Grey16(96, 72, (x, _) => x < 40 ? 300 : 7);
                workshop.Write("annotations/train/1.png", wide);
                workshop.Write("annotations/train/2.png", wide);
                break;
            case DataSourceKind.RefCoco or DataSourceKind.GRefCoco:
                string folder = kind == DataSourceKind.RefCoco ? "refcoco/refs(unc)" : "grefcoco/grefs(unc)";
                workshop.Write($"{folder}.json", $"[{Reference(1)},{Reference(2)}]");
                workshop.Write($"{Path.GetDirectoryName(folder)}/instances.json", Instances());
                Pictures(workshop, "images/train2014/1.jpg", "images/train2014/2.jpg");
                break;
            case DataSourceKind.GoPro:
                Pictures(
                    workshop,
                    "train/input/1.png",
                    "train/input/2.png",
                    "train/target/1.png",
                    "train/target/2.png"
                );
                break;
            case DataSourceKind.Reds:
                Pictures(
                    workshop,
                    "train/blur/0/1.png",
                    "train/blur/0/2.png",
                    "train/sharp/0/1.png",
                    "train/sharp/0/2.png"
                );
                break;
            case DataSourceKind.Sidd:
                Pictures(workshop, "train/input/1.png", "train/input/2.png", "train/gt/1.png", "train/gt/2.png");
                break;
            case DataSourceKind.Clwd:
                Pictures(workshop, "train/Watermarked_image/1.jpg", "train/Watermarked_image/2.jpg");
                Pictures(workshop, "train/Watermark_free_image/1.jpg", "train/Watermark_free_image/2.jpg");
                break;
            case DataSourceKind.InstructPix2Pix:
                Shard(workshop);
                break;
            case DataSourceKind.Gier:
                Pictures(workshop, "images/1.jpg", "images/2.jpg");
                string request =
                    """{"input": "1.jpg", "output": "2.jpg", "expert_summary": ["do"], "amateur_summary": []}""";
                workshop.Write("GIER.json", $"[{request},{request},{request}]");
                break;
            case DataSourceKind.GqaInpaint:
                Pictures(
                    workshop,
                    "images/1.jpg",
                    "images_inpainted/1/7.jpg",
                    "images/2.jpg",
                    "images_inpainted/2/7.jpg"
                );
                string scene = """
                    {"width": 96, "height": 72, "objects": {"7": {"name": "cup", "bbox": [0, 0, 9, 9], "bidirected": true} } }
                    """;
                workshop.Write("train_scenes.json", $$"""{"1": {{scene}}, "2": {{scene}} }""");
                break;
            case DataSourceKind.MagicBrush or DataSourceKind.Ieiw:
                Pictures(workshop, "1.jpg", "2.jpg");
                string edit = """{"input": "1.jpg", "edited": "2.jpg", "instruction": "do"}""";
                workshop.Write(
                    kind == DataSourceKind.Ieiw ? "meta_infov1.json" : "magic_train.json",
                    $"[{edit},{edit}]"
                );
                break;
            case DataSourceKind.Triples:
                Pictures(workshop, "source/1.jpg", "source/2.jpg", "target/1.jpg", "target/2.jpg");
                workshop.Write("instruction/1.txt", "do");
                workshop.Write("instruction/2.txt", "do");
                break;
            case DataSourceKind.WebDataset:
                Tar(workshop);
                break;
            default:
                throw new ArgumentOutOfRangeException(nameof(kind), kind, "no layout");
        }
    }

    private static void Pictures(DatasetWorkshop workshop, params string[] names)
    {
        foreach ((int i, string name) in names.Index())
        {
            workshop.Picture(name, TestImages.Photo(96, 72, i));
        }
    }

    private static void Labelled(DatasetWorkshop workshop, string split, byte label)
    {
        byte[] labels = LabelFiles.Grey(96, 72, depth: 8, (_, _) => label);
        foreach (string id in (string[])["ADE_00000001", "ADE_00000002"])
        {
            Pictures(workshop, $"images/{split}/{id}.jpg");
            workshop.Write($"annotations/{split}/{id}.png", labels);
        }
    }

    private static string Mpii(string image)
    {
        string joints = string.Join(',', Enumerable.Range(0, 16).Select(i => $"[{10 + 4 * i},{20 + i}]"));
        string visible = string.Join(',', Enumerable.Repeat(1, 16));
        return $$"""{"image": "{{image}}", "center": [40, 30], "scale": 0.3, "joints": [{{joints}}], "joints_vis": [{{visible}}]}""";
    }

    private static string People(int joints)
    {
        string keypoints = string.Join(',', Enumerable.Range(0, joints).Select(i => $"{10 + 4 * i},{20 + i},2"));
        string Person(int image) =>
            $$"""{"id": {{image}}, "image_id": {{image}}, "category_id": 1, "iscrowd": 0, "area": 99, "bbox": [5, 5, 60, 50], "keypoints": [{{keypoints}}]}""";
        return $$"""
            {"images": [{{Image(1)}}, {{Image(2)}}], "annotations": [{{Person(1)}}, {{Person(2)}}],
             "categories": [{"id": 1, "name": "person"}]}
            """;
    }

    private static string Image(int id) =>
        string.Create(
            CultureInfo.InvariantCulture,
            $$"""{"id": {{id}}, "file_name": "{{id}}.jpg", "width": 96, "height": 72}"""
        );

    private static string Reference(int image) =>
        $$"""{"ann_id": {{image}}, "image_id": {{image}}, "split": "train", "sentences": [{"sent": "it"}]}""";

    private static string Instances()
    {
        string Thing(int image) =>
            $$"""{"id": {{image}}, "image_id": {{image}}, "iscrowd": 0, "segmentation": [[5,5, 60,5, 60,50, 5,50]]}""";
        return $$"""{"images": [{{Image(1)}}, {{Image(2)}}], "annotations": [{{Thing(1)}}, {{Thing(2)}}]}""";
    }

    private static void Shard(DatasetWorkshop workshop)
    {
        byte[] picture = TestImageFiles.Jpeg(TestImages.Photo(96, 72));
        using ZipArchive zip = ZipFile.Open(Path.Combine(workshop.Root, "shard-00.zip"), ZipArchiveMode.Create);
        void Add(string name, ReadOnlySpan<byte> bytes)
        {
            using Stream stream = zip.CreateEntry(name).Open();
            stream.Write(bytes);
        }
        foreach (string name in (string[])["0000001", "0000002"])
        {
            Add($"{name}/prompt.json", """{"edit": "do", "input": "a", "output": "b"}"""u8);
            Add($"{name}/1_0.jpg", picture);
            Add($"{name}/1_1.jpg", picture);
        }
        workshop.Write("seeds.json", """[["0000001", [1]], ["0000002", [1]], ["0000003", [1]]]""");
        workshop.Write("filtered_ids_ip2p.json", """["0000001/1", "0000002/1"]""");
    }

    private static void Tar(DatasetWorkshop workshop)
    {
        byte[] picture = TestImageFiles.Jpeg(TestImages.Photo(96, 72));
        using FileStream file = File.Create(Path.Combine(workshop.Root, "0.tar"));
        using var writer = new TarWriter(file, TarEntryFormat.Pax);
        void Add(string name, byte[] bytes) =>
            writer.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(bytes) });
        foreach (string key in (string[])["000", "001"])
        {
            Add($"{key}.src.jpg", picture);
            Add($"{key}.tgt.jpg", picture);
            Add($"{key}.txt", "do"u8.ToArray());
        }
    }
}
