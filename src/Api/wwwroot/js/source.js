import { readPictureHeader } from "./picture-header.js";
import { refuseFile, refusePicture } from "./picture-limits.js";

/** @import { PictureLimits } from "./picture-limits.js" */

/**
 * A picture to edit: the file as it is, and what the browser makes of it.
 * @typedef {object} Source
 * @property {Blob} file sent unchanged
 * @property {string} name
 * @property {string} url of the file, for showing it
 * @property {number} width in pixels, upright
 * @property {number} height
 * @property {boolean} isOnDisk false for what was pasted or edited here, which a command cannot name yet
 */

/** A picture that was refused; the message is for the person. */
export class RefusedPicture extends Error {}

/**
 * Checks a file against the server's limits and opens it.
 * @param {Blob} file
 * @param {string} name
 * @param {boolean} isOnDisk
 * @param {PictureLimits | null} limits null while they are not known: the server checks too
 * @returns {Promise<Source>}
 * @throws {RefusedPicture}
 */
export async function openSource(file, name, isOnDisk, limits) {
  const refusal =
    limits && (refuseFile(file.size, limits) ?? refusePicture(readPictureHeader(await file.arrayBuffer()), limits));
  if (refusal) {
    throw new RefusedPicture(refusal);
  }
  const url = URL.createObjectURL(file);
  const picture = new Image();
  picture.src = url;
  try {
    await picture.decode();
  } catch {
    URL.revokeObjectURL(url);
    throw new RefusedPicture("This picture cannot be decoded.");
  }
  return { file, name, url, width: picture.naturalWidth, height: picture.naturalHeight, isOnDisk };
}
