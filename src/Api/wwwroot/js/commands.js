import { fieldsOf, partsOf } from "./request.js";

/** @import { Command } from "./dialogs.js" */
/** @import { Mode } from "./modes.js" */
/** @import { Settings } from "./request.js" */

/**
 * A request as a command.
 * @param {object} request
 * @param {string} request.url
 * @param {Mode} request.mode
 * @param {Set<string>} request.taken fields that the route takes
 * @param {Settings} request.settings
 * @param {{ file: Blob, name: string, isOnDisk: boolean }} request.source
 * @param {Blob | null} request.mask
 * @param {string} [request.output] name of the file to write
 * @returns {Command}
 */
export function commandOf({ url, mode, taken, settings, source, mask, output }) {
  const format = settings.outputFormat;
  const parts = partsOf(source.name, mask !== null, fieldsOf(settings, mode, taken));
  if (mode.finds) {
    return { url, parts, accept: "application/json", output: output ?? "found.json", source, mask };
  }
  // Several pictures come in one file that few programs read; JSON holds them all.
  const isOne = settings.count === "1";
  return {
    url,
    parts,
    accept: isOne ? `image/${format}` : "application/json",
    output: output ?? (isOne ? `edited.${format === "jpeg" ? "jpg" : format}` : "edited.json"),
    source,
    mask,
  };
}
