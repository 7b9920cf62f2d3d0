/**
 * What a person has set. Numbers are as typed, so that the server's words on a wrong one are shown and not ours.
 * @typedef {object} Settings
 * @property {string} instruction the words, whatever the mode calls them
 * @property {string} kind what a restoration takes away
 * @property {string} steps empty for the model's own
 * @property {string} textScale
 * @property {string} imageScale
 * @property {string} seed empty for a random one
 * @property {string} size
 * @property {string} sampler
 * @property {string} outputFormat
 * @property {string} negativeInstruction
 * @property {string} count pictures to make
 */

/** @import { FormPart } from "./curl.js" */
/** @import { Mode } from "./modes.js" */

/** @type {Settings} */
export const emptySettings = {
  instruction: "",
  kind: "",
  steps: "",
  textScale: "",
  imageScale: "",
  seed: "",
  size: "auto",
  sampler: "",
  outputFormat: "png",
  negativeInstruction: "",
  count: "1",
};

/** The server's field of each setting but the words. */
export const fieldOf = {
  steps: "steps",
  textScale: "text_guidance_scale",
  imageScale: "image_guidance_scale",
  seed: "seed",
  size: "size",
  sampler: "sampler",
  outputFormat: "output_format",
  negativeInstruction: "negative_instruction",
  count: "n",
};

/**
 * The fields of a request, in the order in which they are shown. What equals the server's own default, and what the route does
 * not take, is left out.
 * @param {Settings} settings
 * @param {Mode} mode
 * @param {Set<string>} taken names of the fields that the route takes
 * @returns {[name: string, value: string][]}
 */
export function fieldsOf(settings, mode, taken) {
  /** @type {Partial<Settings>} */
  const unsaid = { size: "auto", outputFormat: "png", count: "1" };
  const others = /** @type {(keyof typeof fieldOf)[]} */ (Object.keys(fieldOf)).filter(
    (key) => taken.has(fieldOf[key]) && settings[key] !== "" && settings[key] !== unsaid[key],
  );
  return [
    ...wordsOf(settings, mode),
    ...others.map((key) => /** @type {[string, string]} */ ([fieldOf[key], settings[key]])),
  ];
}

/** What is asked for. @param {Settings} settings @param {Mode} mode @returns {[string, string][]} */
function wordsOf({ instruction, kind }, { field }) {
  if (field === "kind") {
    return [[field, kind]];
  }
  if (field === "points") {
    const points = instruction.split(/[,;\n]/).map((point) => point.trim());
    return points.filter((point) => point !== "").map((point) => [field, point]);
  }
  return [[field, instruction]];
}

/**
 * How often to ask for a preview: about ten in all, whatever the number of steps.
 * @param {string} steps as set; empty for the default
 * @param {number} defaultSteps
 */
export function previewEvery(steps, defaultSteps) {
  const count = Number(steps) || defaultSteps;
  return Math.max(1, Math.round(count / 10));
}

/**
 * An edit as a form to send.
 * @param {{ file: Blob, name: string }} source
 * @param {Blob | null} mask
 * @param {[string, string][]} fields
 */
export function formOf(source, mask, fields) {
  const form = new FormData();
  form.append("image", source.file, source.name);
  if (mask !== null) {
    form.append("mask", mask, "mask.png");
  }
  for (const [name, value] of fields) {
    form.append(name, value);
  }
  return form;
}

/**
 * The same edit as the parts of a command.
 * @param {string} sourceName
 * @param {boolean} hasMask
 * @param {[string, string][]} fields
 * @returns {FormPart[]}
 */
export function partsOf(sourceName, hasMask, fields) {
  return [
    { name: "image", fileName: sourceName },
    ...(hasMask ? [{ name: "mask", fileName: "mask.png" }] : []),
    ...fields.map(([name, value]) => ({ name, value })),
  ];
}
