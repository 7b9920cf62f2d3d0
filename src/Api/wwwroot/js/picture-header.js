/**
 * What the first bytes of a picture file tell.
 * @typedef {object} PictureHeader
 * @property {"png" | "jpeg" | "webp"} format
 * @property {number} width as stored, before any turn by EXIF
 * @property {number} height
 * @property {boolean} isAnimated
 */

/**
 * Reads the header of a PNG, JPEG or WebP file without decoding it, so that a picture beyond the limits is never unpacked.
 * @param {ArrayBuffer} file
 * @returns {PictureHeader | null} null for anything else, or a header cut short
 */
export function readPictureHeader(file) {
  const view = new DataView(file);
  try {
    return readPng(view) ?? readJpeg(view) ?? readWebp(view);
  } catch (error) {
    if (error instanceof RangeError) {
      return null; // a read past the end
    }
    throw error;
  }
}

/** @param {DataView} view @param {number} at @param {string} text */
function has(view, at, text) {
  if (at + text.length > view.byteLength) {
    return false;
  }
  return [...text].every((letter, i) => view.getUint8(at + i) === letter.charCodeAt(0));
}

/** @param {DataView} view @returns {PictureHeader | null} */
function readPng(view) {
  if (!has(view, 0, "\x89PNG\r\n\x1a\n") || !has(view, 12, "IHDR")) {
    return null;
  }
  const header = { format: /** @type {const} */ ("png"), width: view.getUint32(16), height: view.getUint32(20) };
  let isAnimated = false;
  // An animation announces itself (acTL) before the first pixels (IDAT).
  for (let at = 8; at + 8 <= view.byteLength && !has(view, at + 4, "IDAT"); at += view.getUint32(at) + 12) {
    isAnimated ||= has(view, at + 4, "acTL");
  }
  return { ...header, isAnimated };
}

/** @param {DataView} view @returns {PictureHeader | null} */
function readJpeg(view) {
  if (view.getUint16(0) !== 0xffd8) {
    return null;
  }
  for (let at = 2; ;) {
    if (view.getUint8(at) !== 0xff) {
      return null;
    }
    const marker = view.getUint8(at + 1);
    if (marker === 0xff) {
      at++; // fill byte
      continue;
    }
    if (isStartOfFrame(marker)) {
      return { format: "jpeg", width: view.getUint16(at + 7), height: view.getUint16(at + 5), isAnimated: false };
    }
    if (marker === 0xd9 || marker === 0xda) {
      return null; // the end, or pixels, before any size
    }
    at += 2 + view.getUint16(at + 2);
  }
}

/** SOF0 to SOF15 but for DHT, JPG and DAC, which lie between. @param {number} marker */
function isStartOfFrame(marker) {
  return marker >= 0xc0 && marker <= 0xcf && ![0xc4, 0xc8, 0xcc].includes(marker);
}

/** @param {DataView} view @returns {PictureHeader | null} */
function readWebp(view) {
  if (!has(view, 0, "RIFF") || !has(view, 8, "WEBP")) {
    return null;
  }
  const format = /** @type {const} */ ("webp");
  if (has(view, 12, "VP8X")) {
    const isAnimated = (view.getUint8(20) & 2) !== 0;
    return { format, width: 1 + readUint24(view, 24), height: 1 + readUint24(view, 27), isAnimated };
  }
  if (has(view, 12, "VP8L")) {
    const bits = view.getUint32(21, true);
    return { format, width: 1 + (bits & 0x3fff), height: 1 + ((bits >>> 14) & 0x3fff), isAnimated: false };
  }
  if (has(view, 12, "VP8 ")) {
    const width = view.getUint16(26, true) & 0x3fff;
    return { format, width, height: view.getUint16(28, true) & 0x3fff, isAnimated: false };
  }
  return null;
}

/** @param {DataView} view @param {number} at */
function readUint24(view, at) {
  return view.getUint16(at, true) | (view.getUint8(at + 2) << 16);
}
