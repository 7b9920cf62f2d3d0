/** @import { Features } from "./features.js" */

/**
 * One way to ask for something.
 * @typedef {object} Mode
 * @property {string} name
 * @property {string} label
 * @property {string} action what the button says
 * @property {string} busy what it says meanwhile
 * @property {string} route
 * @property {"instruction" | "target" | "points" | "kind"} field what the words, or the choice, are called by the server
 * @property {string} ask what is asked for
 * @property {string} example
 * @property {boolean} finds whether the answer tells where something is, instead of a new picture
 * @property {string[]} presets names of the tasks whose values suit it
 */

/** @type {Mode[]} */
export const modes = [
  {
    name: "edit",
    label: "Edit",
    action: "Edit",
    busy: "Editing…",
    route: "v1/edits",
    field: "instruction",
    ask: "Instruction",
    example: "e.g. turn the sky to night",
    finds: false,
    presets: [],
  },
  {
    name: "segment",
    label: "Mask",
    action: "Find the mask",
    busy: "Finding…",
    route: "v1/vision/segment",
    field: "target",
    ask: "What to mask",
    example: "e.g. the red ball",
    finds: true,
    presets: ["segmentation", "segment"],
  },
  {
    name: "detect",
    label: "Boxes",
    action: "Find boxes",
    busy: "Finding…",
    route: "v1/vision/detect",
    field: "target",
    ask: "What to put boxes around",
    example: "e.g. the house",
    finds: true,
    presets: ["segmentation", "segment"],
  },
  {
    name: "keypoints",
    label: "Points",
    action: "Find points",
    busy: "Finding…",
    route: "v1/vision/keypoints",
    field: "points",
    ask: "Points, parted by commas",
    example: "e.g. left shoulder, right shoulder",
    finds: true,
    presets: ["keypoints", "keypoint", "pose"],
  },
  {
    name: "restore",
    label: "Restore",
    action: "Restore",
    busy: "Restoring…",
    route: "v1/vision/restore",
    field: "kind",
    ask: "What to take away",
    example: "",
    finds: false,
    presets: ["denoising", "denoise", "deblurring", "deblur", "watermark_removal", "watermark", "dewatermark"],
  },
];

/** @param {string} name @returns {Mode} the plain edit for a name that is not known */
export function modeOf(name) {
  return modes.find((mode) => mode.name === name) ?? modes[0];
}

/** What this server can be asked for. @param {Features} features */
export function offeredModes({ routes }) {
  return modes.filter((mode) => routes.has(mode.route));
}
