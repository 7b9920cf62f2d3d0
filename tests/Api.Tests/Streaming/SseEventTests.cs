using System.Text;
using InstructDiffusion.Api.Streaming;

namespace InstructDiffusion.Api.Tests.Streaming;

public sealed class SseEventTests
{
    [Theory]
    [InlineData("a", "data: a\n\n")]
    [InlineData("", "data: \n\n")]
    [InlineData("a\nb", "data: a\ndata: b\n\n")]
    [InlineData("a\r\nb\rc\n", "data: a\ndata: b\ndata: c\ndata: \n\n")]
    [InlineData("a\n\nevent: forged", "data: a\ndata: \ndata: event: forged\n\n")]
    public void ToBytes_Data_IsOneFieldALine(string data, string expected) =>
        Assert.Equal(expected, Text(new SseEvent(null, Encoding.UTF8.GetBytes(data))));

    [Fact]
    public void ToBytes_TypeAndId_StandBeforeTheData() =>
        Assert.Equal(
            "id: 7\nevent: progress\ndata: {}\n\n",
            Text(new SseEvent("progress", "{}"u8.ToArray()) { Id = "7" })
        );

    [Fact]
    public void Json_Value_IsWrittenAsTheApiDoesOnOneLine() =>
        Assert.Equal(
            "event: done\ndata: {\"step_count\":3,\"text\":\"a\\nb\"}\n\n",
            Text(
                SseEvent.Json(
                    "done",
                    new
                    {
                        StepCount = 3,
                        Text = "a\nb",
                        Missing = (string?)null,
                    }
                )
            )
        );

    [Theory]
    [InlineData("a\ndata: forged", null)]
    [InlineData("a", "1\r")]
    [InlineData("a", "1\0")]
    public void ToBytes_NameOrIdThatWouldForgeALine_IsRefused(string type, string? id) =>
        Assert.Throws<InvalidOperationException>(() => new SseEvent(type, default) { Id = id }.ToBytes());

    private static string Text(SseEvent sent) => Encoding.UTF8.GetString(sent.ToBytes());
}
