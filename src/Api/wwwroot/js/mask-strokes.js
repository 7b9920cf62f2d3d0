/**
 * A line painted or erased in one go, in pixels of the picture.
 * @typedef {object} Stroke
 * @property {boolean} erases
 * @property {number} width
 * @property {{ x: number, y: number }[]} points
 */

/** What was painted, stroke by stroke, so that the last can be taken back. */
export class MaskStrokes {
  /** @type {Stroke[]} */
  #strokes = [];
  /** @type {CanvasImageSource | null} */
  #ground = null;

  get isEmpty() {
    return this.#ground === null && this.#strokes.every((stroke) => stroke.erases);
  }

  get count() {
    return this.#strokes.length;
  }

  /** @param {boolean} erases @param {number} width @param {{ x: number, y: number }} point */
  begin(erases, width, point) {
    this.#strokes.push({ erases, width, points: [point] });
  }

  /** @param {{ x: number, y: number }} point */
  extend(point) {
    this.#strokes.at(-1)?.points.push(point);
  }

  /** Begins with what was painted before. @param {CanvasImageSource} ground opaque where painted */
  beginWith(ground) {
    this.#ground = ground;
  }

  undo() {
    this.#strokes.pop();
  }

  clear() {
    this.#strokes = [];
    this.#ground = null;
  }

  /** Draws all of them, opaque where painted. @param {CanvasRenderingContext2D} context @param {string} color */
  draw(context, color) {
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    if (this.#ground !== null) {
      context.drawImage(this.#ground, 0, 0);
    }
    context.lineCap = "round";
    context.lineJoin = "round";
    context.strokeStyle = context.fillStyle = color;
    for (const { erases, width, points } of this.#strokes) {
      context.globalCompositeOperation = erases ? "destination-out" : "source-over";
      context.lineWidth = width;
      context.beginPath();
      if (points.length === 1) {
        // A line of no length leaves nothing.
        context.arc(points[0].x, points[0].y, width / 2, 0, 2 * Math.PI);
        context.fill();
      } else {
        points.forEach(({ x, y }) => context.lineTo(x, y));
        context.stroke();
      }
    }
    context.globalCompositeOperation = "source-over";
  }
}

/**
 * What is painted, as the server reads it: alpha 0 where the edit may change the picture, opaque elsewhere. And back.
 * @param {Uint8ClampedArray} pixels RGBA; changed in place
 * @param {[red: number, green: number, blue: number]} [color]
 */
export function invertAlpha(pixels, [red, green, blue] = [0, 0, 0]) {
  for (let i = 0; i < pixels.length; i += 4) {
    pixels[i] = red;
    pixels[i + 1] = green;
    pixels[i + 2] = blue;
    pixels[i + 3] = pixels[i + 3] >= 128 ? 0 : 255;
  }
}
