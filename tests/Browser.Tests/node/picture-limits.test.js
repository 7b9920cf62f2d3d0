import assert from "node:assert/strict";
import { test } from "node:test";
import { refuseFile, refusePicture } from "../../../src/Api/wwwroot/js/picture-limits.js";

const limits = { max_body_bytes: 1_000_000, max_image_pixels: 2_000_000, max_image_side: 2_000 };

/** @param {number} width @param {number} height */
const png = (width, height) => ({ format: /** @type {const} */ ("png"), width, height, isAnimated: false });

test("a file that fits beside the form is taken", () => {
  assert.equal(refuseFile(936_000, limits), null);
});

test("a file too large names its size and the limit", () => {
  const message = refuseFile(936_001, limits);
  assert.match(message ?? "", /936 kB/);
  assert.match(message ?? "", /at most 1 MB/);
});

test("a picture at the limits is taken", () => {
  assert.equal(refusePicture(png(2_000, 1_000), limits), null);
});

test("a side too long names the limit", () => {
  assert.match(refusePicture(png(2_001, 1), limits) ?? "", /2001 × 1.*longer than 2000/);
});

test("too many pixels name the limit", () => {
  assert.match(refusePicture(png(2_000, 1_001), limits) ?? "", /2000 × 1001.*at most 2 megapixels/);
});

test("what is no picture, or moves, is refused", () => {
  assert.match(refusePicture(null, limits) ?? "", /PNG, JPEG or WebP/);
  assert.match(refusePicture({ ...png(1, 1), isAnimated: true }, limits) ?? "", /animated/);
});
