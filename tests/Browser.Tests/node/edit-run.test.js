import assert from "node:assert/strict";
import { test } from "node:test";
import { runEdit } from "../../../src/Api/wwwroot/js/edit-run.js";
import { Problem } from "../../../src/Api/wwwroot/js/problem.js";

/** A listener that notes what it is told. */
function notes() {
  /** @type {string[]} */
  const told = [];
  const listener = {
    queued: () => told.push("queued"),
    stepped: (/** @type {number} */ step, /** @type {number} */ of) => told.push(`${step}/${of}`),
    previewed: (/** @type {Blob} */ picture, /** @type {number} */ index) => told.push(`${picture.type} ${index}`),
    paused: (/** @type {number} */ left) => told.push(`wait ${left}`),
    resumed: () => told.push("again"),
    hurry: () => Promise.resolve(),
  };
  return { told, listener: /** @type {any} */ (listener) };
}

/** A server that tells these events. @param {[string, object][]} events */
function telling(...events) {
  return /** @type {any} */ ({
    async *follow() {
      for (const [type, data] of events) {
        yield { type, data: JSON.stringify(data) };
      }
    },
  });
}

const request = { route: "v1/edits", form: /** @type {any} */ (null), followsEvents: true };
const never = new AbortController().signal;

test("the events of one picture are told, and the answer comes last", async () => {
  const { told, listener } = notes();
  const server = telling(
    ["queued", { seeds: [7] }],
    ["progress", { index: 0, step: 1, of: 2 }],
    ["preview", { index: 0, step: 1, of: 2, format: "jpeg", image: "aGk=" }],
    ["something newer", {}],
    ["completed", { seed: 7 }],
  );
  assert.deepEqual(await runEdit(server, request, never, listener), { seed: 7 });
  assert.deepEqual(told, ["queued", "1/2", "image/jpeg 0"]);
});

test("of several pictures, the slowest tells the step", async () => {
  const { told, listener } = notes();
  const server = telling(
    ["queued", { seeds: [7, 8] }],
    ["progress", { index: 0, step: 1, of: 2 }],
    ["progress", { index: 1, step: 1, of: 2 }],
    ["progress", { index: 1, step: 2, of: 2 }],
    ["completed", {}],
  );
  await runEdit(server, request, never, listener);
  assert.deepEqual(told, ["queued", "0/2", "1/2", "1/2"]);
});

test("an error in the stream is the problem that it holds", async () => {
  const server = telling(["error", { title: "The model gave no picture.", status: 500, code: "non_finite_image" }]);
  await assert.rejects(runEdit(server, request, never, notes().listener), { status: 500, code: "non_finite_image" });
});

test("a stream that breaks off is told as that", async () => {
  await assert.rejects(
    runEdit(telling(["queued", {}]), request, never, notes().listener),
    /before the picture was done/,
  );
});

test("a busy server is asked again, another refusal is not", async () => {
  let asked = 0;
  const { told, listener } = notes();
  const server = /** @type {any} */ ({
    async send() {
      asked++;
      throw asked === 1 ? Problem.read("{}", 429, "3") : Problem.read("{}", 422);
    },
  });
  await assert.rejects(runEdit(server, { ...request, followsEvents: false }, never, listener), { status: 422 });
  assert.equal(asked, 2);
  assert.deepEqual(told, ["wait 3", "again"]);
});

test("cancelling ends the wait for a busy server", async () => {
  const abort = new AbortController();
  const { listener } = notes();
  listener.hurry = () => new Promise(() => {});
  listener.paused = () => abort.abort();
  const server = /** @type {any} */ ({ send: () => Promise.reject(Problem.read("{}", 503, "60")) });
  await assert.rejects(runEdit(server, { ...request, followsEvents: false }, abort.signal, listener), {
    name: "AbortError",
  });
});
