using System.Text.Json.Serialization;

namespace InstructDiffusion.Training.Recipes;

/// <summary>Forms of data sets. The wire names are what recipes and <c>data check --kind</c> use.</summary>
public enum DataSourceKind
{
    /// <summary>Procedural scenes of the demo, made by <c>data demo</c>: instruction pairs.</summary>
    [JsonStringEnumMemberName("demo")]
    Demo,

    /// <summary>The same scenes with captions.</summary>
    [JsonStringEnumMemberName("demo_captions")]
    DemoCaptions,

    /// <summary>Edits picked by people or by a measure, made by <c>align export</c>.</summary>
    [JsonStringEnumMemberName("picks")]
    Picks,

    /// <summary>MPII Human Pose.</summary>
    [JsonStringEnumMemberName("mpii")]
    Mpii,

    /// <summary>COCO person keypoints, and sets in that form.</summary>
    [JsonStringEnumMemberName("coco_keypoints")]
    CocoKeypoints,

    /// <summary>CrowdPose.</summary>
    [JsonStringEnumMemberName("crowdpose")]
    CrowdPose,

    /// <summary>AI Challenger keypoints, in COCO form.</summary>
    [JsonStringEnumMemberName("aic")]
    Aic,

    /// <summary>COCO-Stuff: classes of pixels.</summary>
    [JsonStringEnumMemberName("coco_stuff")]
    CocoStuff,

    /// <summary>ADE20K with 150 classes, as of the scene parsing challenge.</summary>
    [JsonStringEnumMemberName("ade20k")]
    Ade20K,

    /// <summary>Pascal Context with 59 classes.</summary>
    [JsonStringEnumMemberName("pascal_context")]
    PascalContext,

    /// <summary>Pascal VOC: 20 classes.</summary>
    [JsonStringEnumMemberName("pascal_voc")]
    PascalVoc,

    /// <summary>Pictures with maps of labels of one's own, of up to 65,535 classes.</summary>
    [JsonStringEnumMemberName("label_maps")]
    LabelMaps,

    /// <summary>RefCOCO: phrases for one object.</summary>
    [JsonStringEnumMemberName("refcoco")]
    RefCoco,

    /// <summary>gRefCOCO: phrases for any number of objects.</summary>
    [JsonStringEnumMemberName("grefcoco")]
    GRefCoco,

    /// <summary>GoPro: motion blur.</summary>
    [JsonStringEnumMemberName("gopro")]
    GoPro,

    /// <summary>REDS: blurred video frames.</summary>
    [JsonStringEnumMemberName("reds")]
    Reds,

    /// <summary>SIDD: noise of phones.</summary>
    [JsonStringEnumMemberName("sidd")]
    Sidd,

    /// <summary>CLWD: watermarks.</summary>
    [JsonStringEnumMemberName("clwd")]
    Clwd,

    /// <summary>InstructPix2Pix's generated pairs in their zip shards, filtered.</summary>
    [JsonStringEnumMemberName("ip2p")]
    InstructPix2Pix,

    /// <summary>GIER: requests for photographs to be edited.</summary>
    [JsonStringEnumMemberName("gier")]
    Gier,

    /// <summary>GQA-Inpaint: objects removed.</summary>
    [JsonStringEnumMemberName("gqa_inpaint")]
    GqaInpaint,

    /// <summary>MagicBrush: edits by people.</summary>
    [JsonStringEnumMemberName("magicbrush")]
    MagicBrush,

    /// <summary>Image Editing in the Wild.</summary>
    [JsonStringEnumMemberName("ieiw")]
    Ieiw,

    /// <summary>Triples of source, target and instruction: three folders, a CSV or a JSONL file.</summary>
    [JsonStringEnumMemberName("triples")]
    Triples,

    /// <summary>The same in WebDataset tar shards.</summary>
    [JsonStringEnumMemberName("webdataset")]
    WebDataset,
}
