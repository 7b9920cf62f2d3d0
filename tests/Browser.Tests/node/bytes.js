/** Helpers of the tests that build files byte by byte. */

/** @param {...(string | number[])} parts text as one byte a letter @returns {ArrayBuffer} */
export function file(...parts) {
  return Uint8Array.from(
    parts.flatMap((part) => (typeof part === "string" ? [...part].map((letter) => letter.charCodeAt(0)) : part)),
  ).buffer;
}

/** @param {number} value @param {number} bytes big endian */
export function big(value, bytes) {
  return Array.from({ length: bytes }, (_, i) => Math.floor(value / 256 ** (bytes - 1 - i)) % 256);
}

/** @param {number} value @param {number} bytes little endian */
export function little(value, bytes) {
  return big(value, bytes).reverse();
}
