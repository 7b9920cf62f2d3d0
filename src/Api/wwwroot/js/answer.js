/**
 * One picture that came back.
 * @typedef {object} ResultPicture
 * @property {Blob} blob
 * @property {number | null} seed
 */

/**
 * What the server tells about how it made the pictures.
 * @typedef {object} Details
 * @property {string} model
 * @property {boolean} untrained
 * @property {number | null} seed of the first picture
 * @property {number | null} steps
 * @property {string} workingSize
 * @property {number} droppedTokens
 * @property {number | null} time milliseconds of work, waiting excluded
 */

/**
 * A file in base64, as JSON answers hold pictures.
 * @param {string} base64 with or without the head of a data: URL
 * @param {string} format png, jpeg or webp
 */
export function blobOf(base64, format) {
  const bytes = Uint8Array.from(atob(base64.replace(/^data:[^,]*,/, "")), (letter) => letter.charCodeAt(0));
  return new Blob([bytes], { type: `image/${format}` });
}

/**
 * The pictures of an answer: one, or several with a seed each.
 * @param {Record<string, any>} answer
 * @returns {ResultPicture[]}
 */
export function picturesOf(answer) {
  const format = answer.format ?? "png";
  const several = answer.images ?? [{ image: answer.image, seed: answer.seed }];
  return several
    .filter((/** @type {any} */ one) => typeof one.image === "string")
    .map((/** @type {any} */ one) => ({ blob: blobOf(one.image, one.format ?? format), seed: one.seed ?? null }));
}

/**
 * @param {Record<string, any>} answer of an edit, or the part `work` of a vision answer
 * @returns {Details}
 */
export function detailsOf(answer) {
  // All but the waiting, whose length says nothing of the work.
  const { queue_ms: _, ...work } = answer.timings ?? {};
  return {
    model: answer.model ?? "",
    untrained: answer.untrained === true,
    seed: answer.seed ?? null,
    steps: answer.steps ?? null,
    workingSize: answer.working_size ?? "",
    droppedTokens: answer.dropped_tokens ?? 0,
    time: answer.timings === undefined ? null : Object.values(work).reduce((sum, ms) => sum + ms, 0),
  };
}
