import assert from "node:assert/strict";
import { test } from "node:test";
import { invertAlpha, MaskStrokes } from "../../../src/Api/wwwroot/js/mask-strokes.js";

test("what is painted becomes transparent, the rest opaque, and back", () => {
  const pixels = Uint8ClampedArray.from([255, 45, 120, 255, 0, 0, 0, 0, 255, 45, 120, 128, 255, 45, 120, 127]);
  invertAlpha(pixels);
  assert.deepEqual([...pixels], [0, 0, 0, 0, 0, 0, 0, 255, 0, 0, 0, 0, 0, 0, 0, 255]);
  invertAlpha(pixels, [1, 2, 3]);
  assert.deepEqual(
    [3, 7, 11, 15].map((i) => pixels[i]),
    [255, 0, 255, 0],
  );
});

test("a mask is empty until something is painted, and after all is taken back", () => {
  const strokes = new MaskStrokes();
  assert.equal(strokes.isEmpty, true);
  strokes.begin(true, 4, { x: 1, y: 1 });
  assert.equal(strokes.isEmpty, true, "erasing nothing paints nothing");
  strokes.begin(false, 4, { x: 1, y: 1 });
  strokes.extend({ x: 2, y: 2 });
  assert.equal(strokes.isEmpty, false);
  strokes.undo();
  assert.equal(strokes.isEmpty, true);
  strokes.begin(false, 4, { x: 1, y: 1 });
  strokes.clear();
  assert.equal(strokes.isEmpty, true);
  assert.equal(strokes.count, 0);
});

test("a mask taken over from before stays when a stroke is taken back", () => {
  const strokes = new MaskStrokes();
  strokes.beginWith(/** @type {any} */ ({}));
  strokes.begin(false, 4, { x: 1, y: 1 });
  strokes.undo();
  assert.equal(strokes.isEmpty, false);
});
