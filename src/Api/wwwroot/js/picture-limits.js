import { formatBytes, formatPixels } from "./format.js";

/** @import { PictureHeader } from "./picture-header.js" */

/**
 * The part of GET /v1/models that a picture can break.
 * @typedef {object} PictureLimits
 * @property {number} max_body_bytes
 * @property {number} max_image_pixels
 * @property {number} max_image_side
 */

/** What a form adds to the picture: its other fields and the boundaries between them. */
const FORM_BYTES = 64_000;

/**
 * Why a file is too large to be sent, or null.
 * @param {number} bytes
 * @param {PictureLimits} limits
 */
export function refuseFile(bytes, limits) {
  const most = Math.max(0, limits.max_body_bytes - FORM_BYTES);
  return bytes > most
    ? `The file has ${formatBytes(bytes)}; this server takes at most ${formatBytes(limits.max_body_bytes)} with the form around it.`
    : null;
}

/**
 * Why a picture cannot be edited, or null.
 * @param {PictureHeader | null} header
 * @param {PictureLimits} limits
 */
export function refusePicture(header, limits) {
  if (header === null) {
    return "This is not a PNG, JPEG or WebP picture.";
  }
  if (header.isAnimated) {
    return "This picture is animated; this server edits still pictures.";
  }
  const { width, height } = header;
  if (width > limits.max_image_side || height > limits.max_image_side) {
    return `The picture is ${width} × ${height}; no side may be longer than ${limits.max_image_side} pixels.`;
  }
  if (width * height > limits.max_image_pixels) {
    return `The picture has ${formatPixels(width * height)} (${width} × ${height}); this server takes at most ${formatPixels(limits.max_image_pixels)}.`;
  }
  return null;
}
