import assert from "node:assert/strict";
import { test } from "node:test";
import { readPictureHeader } from "../../../src/Api/wwwroot/js/picture-header.js";
import { big, file, little } from "./bytes.js";

const SIGNATURE = "\x89PNG\r\n\x1a\n";

/** @param {number} width @param {number} height */
function ihdr(width, height) {
  return [
    ...big(13, 4),
    ..."IHDR".split("").map((c) => c.charCodeAt(0)),
    ...big(width, 4),
    ...big(height, 4),
    8,
    6,
    0,
    0,
    0,
    0,
    0,
    0,
    0,
  ];
}

test("a PNG tells its size", () => {
  const header = readPictureHeader(file(SIGNATURE, ihdr(70_000, 3), big(0, 4), "IDAT", big(0, 4)));
  assert.deepEqual(header, { format: "png", width: 70_000, height: 3, isAnimated: false });
});

test("a PNG with acTL before its pixels is animated, after them it is not", () => {
  const actl = [...big(8, 4), ..."acTL".split("").map((c) => c.charCodeAt(0)), ...big(0, 12)];
  const idat = [...big(0, 4), ..."IDAT".split("").map((c) => c.charCodeAt(0)), ...big(0, 4)];
  assert.equal(readPictureHeader(file(SIGNATURE, ihdr(2, 2), actl, idat))?.isAnimated, true);
  assert.equal(readPictureHeader(file(SIGNATURE, ihdr(2, 2), idat, actl))?.isAnimated, false);
});

test("a JPEG tells its size after other segments, tables and fill bytes", () => {
  const app1 = [0xff, 0xe1, ...big(6, 2), 1, 2, 3, 4];
  const dht = [0xff, 0xc4, ...big(4, 2), 9, 9];
  const sof2 = [0xff, 0xff, 0xc2, ...big(11, 2), 8, ...big(600, 2), ...big(800, 2), 1, 1, 0x11, 0];
  assert.deepEqual(readPictureHeader(file([0xff, 0xd8], app1, dht, sof2)), {
    format: "jpeg",
    width: 800,
    height: 600,
    isAnimated: false,
  });
});

test("a JPEG that is cut short, or has pixels first, tells nothing", () => {
  assert.equal(readPictureHeader(file([0xff, 0xd8, 0xff, 0xe1, 0x10, 0x00])), null);
  assert.equal(readPictureHeader(file([0xff, 0xd8, 0xff, 0xda, 0, 2, 0, 0, 0, 0, 0, 0])), null);
});

test("a segment of no length ends the search", () => {
  assert.equal(readPictureHeader(file([0xff, 0xd8, 0xff, 0xe1, 0, 0, 0, 0, 0, 0])), null);
});

test("each kind of WebP tells its size", () => {
  const riff = ["RIFF", little(100, 4), "WEBP"];
  const lossy = file(...riff, "VP8 ", little(50, 4), [0, 0, 0, 0x9d, 0x01, 0x2a], little(640, 2), little(480, 2));
  const lossless = file(...riff, "VP8L", little(50, 4), [0x2f], little(639 + 479 * 2 ** 14, 4));
  const extended = file(...riff, "VP8X", little(10, 4), [0, 0, 0, 0], little(639, 3), little(479, 3));
  for (const webp of [lossy, lossless, extended]) {
    assert.deepEqual(readPictureHeader(webp), { format: "webp", width: 640, height: 480, isAnimated: false });
  }
});

test("a WebP with the animation flag is animated", () => {
  const webp = file("RIFF", little(100, 4), "WEBP", "VP8X", little(10, 4), [2, 0, 0, 0], little(9, 3), little(9, 3));
  assert.equal(readPictureHeader(webp)?.isAnimated, true);
});

test("anything else is no picture", () => {
  for (const other of [file(), file("GIF89a"), file("<svg/>"), file("\x89PNG\r\n\x1a\n"), file("RIFF    WAVE")]) {
    assert.equal(readPictureHeader(other), null);
  }
});
