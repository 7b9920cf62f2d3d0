import { blobOf } from "./answer.js";

/** @import { Mode } from "./modes.js" */

/**
 * What a vision task found. Positions are pixels of the upright source from its top left corner.
 * @typedef {object} Finding
 * @property {string} color of the paint that it was read from, #rrggbb
 * @property {FoundThing[]} things
 */

/**
 * @typedef {object} FoundThing
 * @property {string} label
 * @property {boolean} isFound
 * @property {number} confidence how clearly it was marked, 0 to 1
 * @property {[x: number, y: number, width: number, height: number] | null} box
 * @property {[x: number, y: number] | null} point
 * @property {Blob | null} mask a grey picture, white where the thing is
 * @property {number | null} share part of the picture, 0 to 1
 */

/**
 * Reads a vision answer.
 * @param {Mode} mode
 * @param {Record<string, any>} answer
 * @returns {Finding}
 */
export function findingOf(mode, answer) {
  const things = {
    segment: () => [ofMask(answer)],
    detect: () => ofBoxes(answer),
    keypoints: () => answer.points.map(ofPoint),
  };
  const paint = answer.paint ?? answer.points?.[0]?.paint;
  const read = things[/** @type {keyof typeof things} */ (mode.name)];
  return { color: paint?.color_hex ?? "#2f6bff", things: read() };
}

const nothing = { box: null, point: null, mask: null, share: null };

/** @param {Record<string, any>} answer @returns {FoundThing} */
function ofMask({ target, found, confidence, box, mask, area }) {
  return {
    ...nothing,
    label: target ?? "the mask",
    isFound: found,
    confidence,
    box: box ?? null,
    mask: found && mask ? blobOf(mask, "png") : null,
    share: area.share,
  };
}

/** @param {Record<string, any>} answer @returns {FoundThing[]} */
function ofBoxes({ target, boxes }) {
  const label = target ?? "box";
  if (boxes.length === 0) {
    return [{ ...nothing, label, isFound: false, confidence: 0 }];
  }
  return boxes.map((/** @type {any} */ { box, score, area }, /** @type {number} */ i) => ({
    ...nothing,
    label: boxes.length === 1 ? label : `${label} ${i + 1}`,
    isFound: true,
    confidence: score,
    box,
    share: area.share,
  }));
}

/** @param {Record<string, any>} point @returns {FoundThing} */
function ofPoint({ name, found, x, y, confidence }) {
  return { ...nothing, label: name ?? "the point", isFound: found, confidence, point: found ? [x, y] : null };
}

/**
 * A thing in words, for those who do not see it drawn.
 * @param {FoundThing} thing
 */
export function describe({ label, isFound, confidence, box, point, share }) {
  if (!isFound) {
    return `${label}: not found`;
  }
  const parts = [
    point === null ? "" : `at ${point.map((value) => Math.round(value)).join(", ")}`,
    box === null ? "" : `box at ${box[0]}, ${box[1]}, ${box[2]} × ${box[3]} pixels`,
    share === null ? "" : `${(100 * share).toFixed(1)} % of the picture`,
    `marked with ${Math.round(100 * confidence)} % clarity`,
  ];
  return `${label}: ${parts.filter((part) => part !== "").join(" · ")}`;
}
