import assert from "node:assert/strict";
import { test } from "node:test";
import { editedName, formatBytes, formatPixels, formatTime } from "../../../src/Api/wwwroot/js/format.js";
import { featuresOf } from "../../../src/Api/wwwroot/js/features.js";
import { detailsOf, picturesOf } from "../../../src/Api/wwwroot/js/answer.js";
import { commandOf } from "../../../src/Api/wwwroot/js/commands.js";
import { modeOf, modes, offeredModes } from "../../../src/Api/wwwroot/js/modes.js";
import { emptySettings, fieldsOf, formOf, partsOf, previewEvery } from "../../../src/Api/wwwroot/js/request.js";

const edit = modeOf("edit");
const all = new Set([
  ...["image", "instruction", "steps", "text_guidance_scale", "image_guidance_scale", "seed", "size", "sampler"],
  ...["output_format", "negative_instruction", "n", "mask"],
]);
const everything = {
  instruction: "x",
  kind: "deblur",
  steps: "20",
  textScale: "5",
  imageScale: "1.25",
  seed: "0",
  size: "512",
  sampler: "euler",
  outputFormat: "webp",
  negativeInstruction: "blur",
  count: "3",
};

test("only what was set is sent", () => {
  const settings = { ...emptySettings, instruction: "make it winter" };
  assert.deepEqual(fieldsOf(settings, edit, all), [["instruction", "make it winter"]]);
});

test("every setting has its field", () => {
  assert.deepEqual(fieldsOf(everything, edit, all), [
    ["instruction", "x"],
    ["steps", "20"],
    ["text_guidance_scale", "5"],
    ["image_guidance_scale", "1.25"],
    ["seed", "0"],
    ["size", "512"],
    ["sampler", "euler"],
    ["output_format", "webp"],
    ["negative_instruction", "blur"],
    ["n", "3"],
  ]);
});

test("an empty instruction is sent, so that the server says what is wrong", () => {
  assert.deepEqual(fieldsOf(emptySettings, edit, all), [["instruction", ""]]);
});

test("what a route does not take is not sent", () => {
  const taken = new Set(["image", "target", "seed"]);
  assert.deepEqual(fieldsOf(everything, modeOf("segment"), taken), [
    ["target", "x"],
    ["seed", "0"],
  ]);
  assert.deepEqual(fieldsOf(everything, modeOf("restore"), new Set(["kind"])), [["kind", "deblur"]]);
});

test("points are parted by commas and lines", () => {
  const settings = { ...emptySettings, instruction: " left eye, right eye;\nnose, " };
  assert.deepEqual(fieldsOf(settings, modeOf("keypoints"), new Set()), [
    ["points", "left eye"],
    ["points", "right eye"],
    ["points", "nose"],
  ]);
});

test("a mode that is not known is a plain edit", () => {
  assert.equal(modeOf("something newer").name, "edit");
  assert.equal(new Set(modes.map((mode) => mode.name)).size, modes.length);
});

test("a command asks for what the mode answers with", () => {
  const source = { file: new Blob([]), name: "a.png", isOnDisk: true };
  const request = { url: "http://x/", taken: all, settings: { ...everything, count: "1" }, source, mask: null };
  const one = commandOf({ ...request, mode: edit });
  assert.deepEqual([one.accept, one.output], ["image/webp", "edited.webp"]);
  const several = commandOf({ ...request, settings: everything, mode: edit });
  assert.deepEqual([several.accept, several.output], ["application/json", "edited.json"]);
  const found = commandOf({ ...request, mode: modeOf("detect") });
  assert.deepEqual([found.accept, found.output], ["application/json", "found.json"]);
  assert.equal(commandOf({ ...request, mode: edit, output: "b.webp" }).output, "b.webp");
});

test("the form holds the file unchanged, and the mask", async () => {
  const file = new Blob(["bytes"], { type: "image/png" });
  const form = formOf({ file, name: "a.png" }, new Blob(["mask"]), [["instruction", "x"]]);
  assert.deepEqual([...form.keys()], ["image", "mask", "instruction"]);
  const image = /** @type {File} */ (form.get("image"));
  assert.equal(image.name, "a.png");
  assert.equal(await image.text(), "bytes");
});

test("the command has the same parts as the form", () => {
  assert.deepEqual(partsOf("a.png", true, [["instruction", "x"]]), [
    { name: "image", fileName: "a.png" },
    { name: "mask", fileName: "mask.png" },
    { name: "instruction", value: "x" },
  ]);
});

test("about ten previews come, and never less than one step lies between", () => {
  assert.equal(previewEvery("100", 20), 10);
  assert.equal(previewEvery("", 20), 2);
  assert.equal(previewEvery("3", 20), 1);
  assert.equal(previewEvery("nonsense", 50), 5);
});

test("an edited file is named for its source and seed, also the second time", () => {
  assert.equal(editedName("photo.large.jpg", 7, "png"), "photo.large-edited-7.png");
  assert.equal(editedName("photo-edited-7.png", 8, "jpeg"), "photo-edited-8.jpg");
  assert.equal(editedName(".png", null, "webp"), "picture-edited.webp");
});

test("sizes and times are readable", () => {
  assert.deepEqual([999, 1_500, 50_000_000].map(formatBytes), ["999 B", "1.5 kB", "50 MB"]);
  assert.deepEqual([4_096, 40_000_000, 12_345_678].map(formatPixels), [
    "4096 pixels",
    "40 megapixels",
    "12.3 megapixels",
  ]);
  assert.deepEqual([12.3, 3_210, 125_000, 59_990].map(formatTime), ["12 ms", "3.2 s", "2 min 5 s", "60.0 s"]);
});

test("features come from the OpenAPI document", () => {
  assert.deepEqual(featuresOf({}), { routes: new Map(), exampleInstruction: null });
  const form = (/** @type {object} */ properties) => ({
    content: { "multipart/form-data": { schema: { properties } } },
  });
  const document = {
    paths: {
      "/v1/models": { get: {} },
      "/v1/edits": {
        post: {
          requestBody: form({ instruction: { examples: ["do it"] }, mask: {}, n: { maximum: 10 } }),
          responses: { 200: { content: { "image/png": {}, "text/event-stream": {} } } },
        },
      },
      "/v1/vision/restore": { post: { requestBody: form({ kind: { enum: ["deblur"] } }), responses: {} } },
    },
  };
  const features = featuresOf(document);
  assert.equal(features.exampleInstruction, "do it");
  assert.deepEqual(features.routes.get("v1/edits"), {
    fields: new Set(["instruction", "mask", "n"]),
    events: true,
    mostPictures: 10,
    kinds: [],
  });
  assert.deepEqual(features.routes.get("v1/vision/restore")?.kinds, ["deblur"]);
  assert.deepEqual(
    offeredModes(features).map((mode) => mode.name),
    ["edit", "restore"],
  );
});

test("an answer has one picture or several", async () => {
  const one = picturesOf({ image: "aGk=", format: "webp", seed: 3 });
  assert.equal(one.length, 1);
  assert.equal(await one[0].blob.text(), "hi");
  assert.equal(one[0].blob.type, "image/webp");
  const two = picturesOf({
    images: [
      { image: "YQ==", seed: 3 },
      { image: "Yg==", seed: 4 },
    ],
    format: "png",
    seed: 3,
  });
  assert.deepEqual(
    two.map((picture) => picture.seed),
    [3, 4],
  );
  assert.deepEqual(await Promise.all(two.map((picture) => picture.blob.text())), ["a", "b"]);
});

test("what is known of a picture is read, and what is not does no harm", () => {
  const timings = { decode_ms: 3, queue_ms: 100, text_ms: 1, vae_enc_ms: 0, denoise_ms: 2, vae_dec_ms: 0, encode_ms: 4 };
  assert.equal(detailsOf({ timings }).time, 10);
  assert.deepEqual(detailsOf({}), {
    model: "",
    untrained: false,
    seed: null,
    steps: null,
    workingSize: "",
    droppedTokens: 0,
    time: null,
  });
});
