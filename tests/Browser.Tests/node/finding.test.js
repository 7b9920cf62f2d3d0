import assert from "node:assert/strict";
import { test } from "node:test";
import { describe, findingOf } from "../../../src/Api/wwwroot/js/finding.js";
import { modeOf } from "../../../src/Api/wwwroot/js/modes.js";

const paint = { color_hex: "#0000ff" };

test("a mask has its box, its share and its picture", async () => {
  const answer = {
    ...{ found: true, confidence: 0.93, target: "the dog", box: [1, 2, 30, 40], mask: "aGk=", paint },
    area: { pixels: 1200, share: 0.1234 },
  };
  const { color, things } = findingOf(modeOf("segment"), answer);
  assert.equal(color, "#0000ff");
  assert.equal(await things[0].mask?.text(), "hi");
  assert.equal(
    describe(things[0]),
    "the dog: box at 1, 2, 30 × 40 pixels · 12.3 % of the picture · marked with 93 % clarity",
  );
});

test("a mask that was not found has no picture", () => {
  const answer = {
    found: false,
    confidence: 0.1,
    target: "the dog",
    mask: "aGk=",
    area: { pixels: 0, share: 0 },
    paint,
  };
  const { things } = findingOf(modeOf("segment"), answer);
  assert.equal(things[0].mask, null);
  assert.equal(describe(things[0]), "the dog: not found");
});

test("every box is a thing, and no box is one that was not found", () => {
  const box = (/** @type {number} */ x) => ({ box: [x, 0, 5, 6], score: 0.5, area: { pixels: 30, share: 0.01 } });
  const two = findingOf(modeOf("detect"), { found: true, target: "house", boxes: [box(1), box(9)], paint });
  assert.deepEqual(
    two.things.map((thing) => thing.label),
    ["house 1", "house 2"],
  );
  const none = findingOf(modeOf("detect"), { found: false, target: "house", boxes: [], paint });
  assert.equal(describe(none.things[0]), "house: not found");
});

test("points that were not found have no place", () => {
  const answer = {
    points: [
      { name: "left eye", found: true, x: 10.26, y: 20.5, confidence: 0.8, paint },
      { name: "right eye", found: false, confidence: 0.02, paint },
    ],
  };
  const { color, things } = findingOf(modeOf("keypoints"), answer);
  assert.equal(color, "#0000ff");
  assert.equal(describe(things[0]), "left eye: at 10, 21 · marked with 80 % clarity");
  assert.deepEqual(things[1].point, null);
});
