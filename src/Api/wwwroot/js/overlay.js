import { byId, make } from "./dom.js";
import { describe } from "./finding.js";

/** @import { Finding, FoundThing } from "./finding.js" */

/** Sizes on the screen, in CSS pixels. */
const LINE = 2.5;
const DOT = 6;
const TEXT = 13;

/** Draws what was found over the picture, and lists it. */
export class Overlay {
  #canvas = byId("overlay", HTMLCanvasElement);
  #list = byId("found", HTMLUListElement);
  /** @type {Finding | null} */
  #finding = null;
  /** @type {Map<FoundThing, ImageBitmap>} */
  #masks = new Map();

  constructor() {
    // The lines stay as wide as they are when the picture is shown larger.
    new ResizeObserver(() => this.#draw()).observe(this.#canvas);
  }

  /**
   * @param {Finding} finding
   * @param {{ width: number, height: number }} size of the picture, in its pixels
   */
  async show(finding, size) {
    this.clear();
    for (const thing of finding.things) {
      if (thing.mask !== null) {
        this.#masks.set(thing, await createImageBitmap(thing.mask));
      }
    }
    this.#finding = finding;
    this.#canvas.dataset.width = String(size.width);
    this.#canvas.hidden = false;
    this.#list.replaceChildren(...finding.things.map((thing) => make("li", {}, describe(thing))));
    this.#list.hidden = false;
    this.#draw();
  }

  clear() {
    this.#finding = null;
    this.#masks.forEach((mask) => mask.close());
    this.#masks.clear();
    this.#canvas.hidden = true;
    this.#list.hidden = true;
    this.#list.replaceChildren();
  }

  #draw() {
    const { clientWidth, clientHeight } = this.#canvas;
    if (this.#finding === null || clientWidth === 0) {
      return;
    }
    const dots = window.devicePixelRatio;
    this.#canvas.width = clientWidth * dots;
    this.#canvas.height = clientHeight * dots;
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
    context.scale(dots, dots);
    const scale = clientWidth / Number(this.#canvas.dataset.width);
    const { color, things } = this.#finding;
    for (const thing of things) {
      const mask = this.#masks.get(thing);
      if (mask) {
        context.drawImage(tinted(mask, color), 0, 0, clientWidth, clientHeight);
      }
    }
    for (const thing of things) {
      drawMarks(context, thing, color, scale);
    }
  }
}

/** A mask in a colour, half transparent: white counts, black does not. @param {ImageBitmap} mask @param {string} color */
function tinted(mask, color) {
  const canvas = new OffscreenCanvas(mask.width, mask.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const [red, green, blue] = [1, 3, 5].map((at) => parseInt(color.slice(at, at + 2), 16));
  context.drawImage(mask, 0, 0);
  const pixels = context.getImageData(0, 0, mask.width, mask.height);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const opacity = data[i] * 0.55;
    data[i] = red;
    data[i + 1] = green;
    data[i + 2] = blue;
    data[i + 3] = opacity;
  }
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {FoundThing} thing
 * @param {string} color
 * @param {number} scale CSS pixels of a pixel of the picture
 */
function drawMarks(context, { label, box, point }, color, scale) {
  if (box !== null) {
    const [x, y, width, height] = box.map((value) => value * scale);
    outline(context, color, () => context.rect(x, y, width, height));
    drawLabel(context, label, x, y);
  }
  if (point !== null) {
    const [x, y] = point.map((value) => value * scale);
    outline(context, color, () => context.arc(x, y, DOT, 0, 2 * Math.PI));
    context.fillStyle = color;
    context.fill();
    drawLabel(context, label, x + DOT + 4, y + TEXT / 2);
  }
}

/** White around the colour, so that it is seen on every ground. @param {CanvasRenderingContext2D} context @param {string} color @param {() => void} shape */
function outline(context, color, shape) {
  context.beginPath();
  shape();
  context.lineWidth = 2 * LINE;
  context.strokeStyle = "#fff";
  context.stroke();
  context.lineWidth = LINE;
  context.strokeStyle = color;
  context.stroke();
}

/** Words on a dark plate, kept inside the picture. @param {CanvasRenderingContext2D} context @param {string} label @param {number} x @param {number} y of the lower edge */
function drawLabel(context, label, x, y) {
  context.font = `600 ${TEXT}px system-ui, sans-serif`;
  const dots = window.devicePixelRatio;
  const width = context.measureText(label).width + 12;
  const height = TEXT + 8;
  const left = Math.max(0, Math.min(x, context.canvas.width / dots - width));
  const top = Math.max(0, Math.min(y - height, context.canvas.height / dots - height));
  context.fillStyle = "rgb(12 14 20 / 82%)";
  context.fillRect(left, top, width, height);
  context.fillStyle = "#fff";
  context.textBaseline = "middle";
  context.fillText(label, left + 6, top + height / 2);
}
