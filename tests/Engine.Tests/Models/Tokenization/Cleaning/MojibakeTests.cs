using InstructDiffusion.Engine.Models.Tokenization.Cleaning;

namespace InstructDiffusion.Engine.Tests.Models.Tokenization.Cleaning;

public sealed class MojibakeTests
{
    [Theory]
    [InlineData("cafÃ© au lait", "café au lait")]
    [InlineData("donâ€™t", "don’t")]
    [InlineData("âœ” No problems", "✔ No problems")]
    [InlineData("PARÃ\u00a0 la piÃ¨ce", "PARà la pièce")]
    [InlineData("MÃœNCHEN", "MÜNCHEN")]
    [InlineData("Ã–sterreich", "Österreich")]
    [InlineData("Ä°zmir", "İzmir")]
    [InlineData("TÃ¼rkÃ§e yazÄ±", "Türkçe yazı")]
    [InlineData("ÐšÐ¾ÑˆÐºÐ°", "Кошка")]
    [InlineData("çŒ«ã\u0081®çµµ", "猫の絵")]
    [InlineData("a dog ðŸ˜€", "a dog 😀")]
    [InlineData("rue de l’Ã©tÃ©, fÃªte", "rue de l’été, fête")]
    [InlineData("costs â‚¬5 or Â£5", "costs €5 or £5")]
    public void Repair_Utf8ReadAsWindows1252_ReadsItAgain(string text, string meant) =>
        Assert.Equal(meant, Mojibake.Repair(text));

    [Theory]
    [InlineData("a plain cat")]
    [InlineData("café crème, naïve façade, smørrebrød, Łódź")]
    [InlineData("IL L’A MARQUÉ…")]
    [InlineData("as written by Brontë…”")]
    [InlineData("NESTLÉ® and CAFÉ™")]
    [InlineData("MANHÃ… and MANHÃ” and VOCÊ…")]
    [InlineData("4288×… and “×” and 5×£35")]
    [InlineData("``mais pra lá´´ aí´´")]
    [InlineData("QUEM É¿")]
    [InlineData("MÄ£ÄM ÌÑÌ GÄLÄW")]
    [InlineData("C O N C L U S Ã O")]
    [InlineData("SELKÄ\u00a0EDELLÄ\u00a0MAAHAN")]
    [InlineData("Ôôô, straße, Âge, Ãngela")]
    [InlineData("Привет 你好 안녕 😀")]
    public void Repair_RealWriting_IsLeftAlone(string text) => Assert.Equal(text, Mojibake.Repair(text));
}
