using System.CommandLine;
using InstructDiffusion.Training.Construction.Web;
using InstructDiffusion.Training.Construction.Web.Fetching;
using InstructDiffusion.Training.Construction.Web.Pairs;

namespace InstructDiffusion.Training.Commands;

/// <summary><c>construct web pairs</c>: from requests and the cache to shards.</summary>
internal static class ConstructWebPairsCommand
{
    private static readonly PairOptions _usual = new();

    public static Command Create()
    {
        var requests = new Argument<string>("requests") { Description = "File that 'posts' or 'pages' made." };
        var cache = new Option<string>("--cache") { Description = "Folder that 'fetch' filled.", Required = true };
        Option<int> near = Number(
            "--near-bits",
            "In which hashes of near-duplicates differ at most.",
            _usual.NearBits,
            0,
            16
        );
        Option<int> most = Number(
            "--most-bits",
            "In which source and result may differ, of 64.",
            _usual.MostBits,
            1,
            64
        );
        Option<int> least = Number("--least-side", "Shorter side at least, pixels.", _usual.LeastSide, 16, 4096);
        Option<int> side = Number("--side", "Longer side as written at most, pixels.", _usual.MostSide, 64, 4096);
        var aspect = new Option<double>("--aspect-tolerance")
        {
            Description = "By which part the aspect ratios of source and result may differ.",
            DefaultValueFactory = _ => _usual.AspectTolerance,
        };
        aspect.Validators.Add(result =>
        {
            if (!(result.GetValueOrDefault<double>() is >= 0 and <= 10))
            {
                result.AddError("--aspect-tolerance: must be between 0 and 10");
            }
        });
        var stage = new StageOptions(Environment.ProcessorCount);
        var command = new Command("pairs", "Choose pairs, drop near-duplicates, write shards and the list of licences.")
        {
            requests,
            cache,
            near,
            most,
            aspect,
            least,
            side,
        };
        stage.AddTo(command);
        command.SetAction(
            (parse, stop) =>
                Task.Run(
                    () =>
                    {
                        var options = new PairOptions
                        {
                            NearBits = parse.GetValue(near),
                            MostBits = parse.GetValue(most),
                            AspectTolerance = parse.GetValue(aspect),
                            LeastSide = parse.GetValue(least),
                            MostSide = parse.GetValue(side),
                        };
                        string path = parse.GetRequiredValue(requests);
                        IReadOnlyList<WebRequest> wanted = WebRequestFile.Read(path);
                        using WebCache pictures = WebCache.Open(parse.GetRequiredValue(cache));
                        WebSelection selection = WebSelection.Of(wanted, pictures, options);
                        var pairs = new WebPairStage(selection, pictures, options, WebRequestFile.HashOf(path));
                        int code = stage.Run(parse, pairs, stop);
                        AttributionList.Write(stage.Folder(parse));
                        return code;
                    },
                    CancellationToken.None
                )
        );
        return command;
    }

    private static Option<int> Number(string name, string description, int usual, int least, int most)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least || result.GetValueOrDefault<int>() > most)
            {
                result.AddError($"{name}: must be between {least} and {most}");
            }
        });
        return option;
    }
}
