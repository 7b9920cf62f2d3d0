import assert from "node:assert/strict";
import { test } from "node:test";
import { EventStreamParser, readEvents } from "../../../src/Api/wwwroot/js/event-stream.js";

/** @param {...string} pieces */
function parse(...pieces) {
  const parser = new EventStreamParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

test("an event has a type and data", () => {
  assert.deepEqual(parse('event: progress\ndata: {"step":1}\n\n'), [{ type: "progress", data: '{"step":1}' }]);
});

test("a piece may end anywhere", () => {
  const text = "event: a\r\ndata: 1\r\ndata: 2\r\n\r\ndata:3\r\r: comment\n\nid: 7\ndata\n\n";
  const whole = parse(text);
  assert.deepEqual(whole, [
    { type: "a", data: "1\n2" },
    { type: "message", data: "3" },
    { type: "message", data: "" },
  ]);
  for (let cut = 1; cut < text.length; cut++) {
    assert.deepEqual(parse(text.slice(0, cut), text.slice(cut)), whole, `cut at ${cut}`);
  }
  assert.deepEqual(parse(...text), whole);
});

test("comments, and types without data, are no events", () => {
  assert.deepEqual(parse(": open\n\n", "event: nothing\n\n", "data: x\n\n"), [{ type: "message", data: "x" }]);
});

test("a byte order mark is skipped at the start alone", () => {
  assert.deepEqual(parse("\ufeffdata: \ufeff\n\n"), [{ type: "message", data: "\ufeff" }]);
});

test("an event that is not ended is not given", () => {
  assert.deepEqual(parse("data: half"), []);
});

test("letters cut between two chunks are put together, and leaving closes the stream", async () => {
  const bytes = new TextEncoder().encode("data: ä\n\ndata: b\n\n");
  let isCancelled = false;
  const body = new ReadableStream({
    start(controller) {
      controller.enqueue(bytes.slice(0, 7)); // in the middle of "ä"
      controller.enqueue(bytes.slice(7));
    },
    cancel() {
      isCancelled = true;
    },
  });
  for await (const event of readEvents(body)) {
    assert.equal(event.data, "ä");
    break;
  }
  assert.equal(isCancelled, true);
});
