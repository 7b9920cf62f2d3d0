/**
 * A number of bytes as people read it: "1.2 MB".
 * @param {number} bytes
 */
export function formatBytes(bytes) {
  if (bytes < 1_000) {
    return `${bytes} B`;
  }
  return bytes < 1_000_000 ? `${trimmed(bytes / 1_000)} kB` : `${trimmed(bytes / 1_000_000)} MB`;
}

/**
 * A number of pixels: "40 megapixels".
 * @param {number} pixels
 */
export function formatPixels(pixels) {
  return pixels < 1_000_000 ? `${pixels} pixels` : `${trimmed(pixels / 1_000_000)} megapixels`;
}

/**
 * A time: "850 ms", "3.2 s", "2 min 5 s".
 * @param {number} milliseconds
 */
export function formatTime(milliseconds) {
  if (milliseconds < 1_000) {
    return `${Math.round(milliseconds)} ms`;
  }
  const seconds = milliseconds / 1_000;
  if (seconds < 60) {
    return `${seconds.toFixed(1)} s`;
  }
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** @param {number} value at most one decimal, and none that says nothing */
function trimmed(value) {
  return value >= 100 ? String(Math.round(value)) : String(Math.round(value * 10) / 10);
}

/**
 * The name of an edited picture's file, from its source's.
 * @param {string} source
 * @param {number | null} seed
 * @param {string} format png, jpeg or webp
 */
export function editedName(source, seed, format) {
  const stem = source.replace(/\.[^.]*$/, "").replace(/(-edited(-\d+)?)+$/, "") || "picture";
  return `${stem}-edited${seed === null ? "" : `-${seed}`}.${format === "jpeg" ? "jpg" : format}`;
}
