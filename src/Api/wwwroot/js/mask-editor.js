import { announce } from "./announce.js";
import { byId } from "./dom.js";
import { invertAlpha, MaskStrokes } from "./mask-strokes.js";

/** @import { Source } from "./source.js" */

/** Colour of the painting; the canvas is shown half transparent. */
const PAINT = /** @type {[number, number, number]} */ ([255, 45, 120]);

/** How far an arrow key moves the brush, in brush widths. */
const KEY_STEP = 0.5;

/** A brush over the source, for edits of a part of it. */
export class MaskEditor {
  #canvas = byId("mask", HTMLCanvasElement);
  #toggle = byId("draw-mask", HTMLButtonElement);
  #tools = byId("mask-tools", HTMLElement);
  #brush = byId("mask-brush", HTMLButtonElement);
  #eraser = byId("mask-eraser", HTMLButtonElement);
  #size = byId("mask-size", HTMLInputElement);
  #strokes = new MaskStrokes();
  #erases = false;
  /** @type {number | null} the pointer that paints */
  #pointer = null;
  /** @type {{ x: number, y: number } | null} the brush of the keyboard */
  #cursor = null;

  /** @param {(isDrawing: boolean) => void} change told when drawing begins and ends */
  constructor(change) {
    this.#change = change;
    this.#toggle.addEventListener("click", () => this.#draw(this.#tools.hidden));
    this.#brush.addEventListener("click", () => this.#choose(false));
    this.#eraser.addEventListener("click", () => this.#choose(true));
    byId("mask-undo", HTMLButtonElement).addEventListener("click", () => {
      this.#strokes.undo();
      this.#paint();
      announce("Stroke taken back.");
    });
    byId("mask-clear", HTMLButtonElement).addEventListener("click", () => {
      this.#strokes.clear();
      this.#paint();
      announce("The mask is empty.");
    });
    this.#size.addEventListener("input", () => {
      this.#size.setAttribute("aria-valuetext", `${this.#size.value} % of the picture`);
      this.#paint();
    });
    this.#canvas.addEventListener("pointerdown", (event) => this.#begin(event));
    this.#canvas.addEventListener("pointermove", (event) => this.#extend(event));
    for (const end of ["pointerup", "pointercancel"]) {
      this.#canvas.addEventListener(end, () => (this.#pointer = null));
    }
    this.#canvas.addEventListener("keydown", (event) => this.#key(event));
    this.#canvas.addEventListener("blur", () => {
      this.#cursor = null;
      this.#paint();
    });
  }

  #change;

  /** Whether the server takes masks. @param {boolean} isOffered */
  offer(isOffered) {
    this.#toggle.hidden = !isOffered;
  }

  /** An empty mask for this picture, or one from an earlier edit. @param {Source} source @param {Blob | null} [mask] */
  async open(source, mask = null) {
    this.#canvas.width = source.width;
    this.#canvas.height = source.height;
    this.#strokes.clear();
    this.#draw(false);
    if (mask !== null) {
      this.#strokes.beginWith(await painted(mask));
    }
    this.#paint();
  }

  /** Hides the tools; what is painted stays. */
  close() {
    this.#draw(false);
  }

  /** The mask as a PNG with alpha 0 where to edit, or null when nothing is painted. @returns {Promise<Blob | null>} */
  async read() {
    if (this.#strokes.isEmpty) {
      return null;
    }
    const copy = new OffscreenCanvas(this.#canvas.width, this.#canvas.height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (copy.getContext("2d"));
    this.#strokes.draw(/** @type {any} */ (context), "#000");
    const pixels = context.getImageData(0, 0, copy.width, copy.height);
    invertAlpha(pixels.data);
    context.putImageData(pixels, 0, 0);
    return copy.convertToBlob({ type: "image/png" });
  }

  /** @param {boolean} isDrawing */
  #draw(isDrawing) {
    this.#tools.hidden = !isDrawing;
    this.#canvas.classList.toggle("is-drawing", isDrawing);
    this.#canvas.tabIndex = isDrawing ? 0 : -1;
    this.#toggle.setAttribute("aria-pressed", String(isDrawing));
    this.#change(isDrawing);
    this.#paint();
  }

  /** @param {boolean} erases */
  #choose(erases) {
    this.#erases = erases;
    this.#brush.setAttribute("aria-pressed", String(!erases));
    this.#eraser.setAttribute("aria-pressed", String(erases));
  }

  get #width() {
    return Math.max(1, (Number(this.#size.value) / 100) * Math.max(this.#canvas.width, this.#canvas.height));
  }

  /** @param {PointerEvent} event */
  #begin(event) {
    if (event.button !== 0 || this.#pointer !== null) {
      return;
    }
    event.preventDefault();
    this.#canvas.focus({ preventScroll: true });
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointer = event.pointerId;
    this.#cursor = null;
    this.#strokes.begin(this.#erases, this.#width, this.#pointOf(event));
    this.#paint();
  }

  /** @param {PointerEvent} event */
  #extend(event) {
    if (event.pointerId !== this.#pointer) {
      return;
    }
    for (const one of event.getCoalescedEvents?.() ?? [event]) {
      this.#strokes.extend(this.#pointOf(one));
    }
    this.#paint();
  }

  /** @param {PointerEvent} event */
  #pointOf(event) {
    const box = this.#canvas.getBoundingClientRect();
    return {
      x: ((event.clientX - box.left) / box.width) * this.#canvas.width,
      y: ((event.clientY - box.top) / box.height) * this.#canvas.height,
    };
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { width, height } = this.#canvas;
    const at = this.#cursor ?? { x: width / 2, y: height / 2 };
    const by = this.#width * KEY_STEP * (event.shiftKey ? 4 : 1);
    const moves = { ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] };
    const move = moves[/** @type {keyof typeof moves} */ (event.key)];
    if (move) {
      const [dx, dy] = move;
      this.#cursor = { x: clamp(at.x + dx, width), y: clamp(at.y + dy, height) };
      announce(`${Math.round((100 * this.#cursor.x) / width)} %, ${Math.round((100 * this.#cursor.y) / height)} %`);
    } else if (event.key === " ") {
      this.#cursor = at;
      this.#strokes.begin(this.#erases, this.#width, at);
      announce(this.#erases ? "Erased." : "Painted.");
    } else {
      return;
    }
    event.preventDefault();
    this.#paint();
  }

  #paint() {
    const context = /** @type {CanvasRenderingContext2D} */ (this.#canvas.getContext("2d"));
    this.#strokes.draw(context, `rgb(${PAINT})`);
    if (this.#cursor !== null) {
      context.strokeStyle = "#000";
      context.lineWidth = Math.max(1, this.#canvas.width / 200);
      context.beginPath();
      context.arc(this.#cursor.x, this.#cursor.y, this.#width / 2, 0, 2 * Math.PI);
      context.stroke();
    }
    // What was painted stays in sight until there is a result.
    this.#canvas.hidden = this.#strokes.isEmpty && !this.#canvas.classList.contains("is-drawing");
    const text = this.#strokes.isEmpty ? "Draw a mask" : "Edit the mask";
    this.#toggle.lastChild?.replaceWith(` ${text}`);
    this.#canvas.setAttribute(
      "aria-label",
      `Mask, ${this.#strokes.count} strokes. Arrows move the brush, Space paints.`,
    );
  }
}

/** A mask as it looked when it was painted. @param {Blob} mask */
async function painted(mask) {
  const picture = await createImageBitmap(mask);
  const canvas = new OffscreenCanvas(picture.width, picture.height);
  const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.drawImage(picture, 0, 0);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
  invertAlpha(pixels.data, PAINT);
  context.putImageData(pixels, 0, 0);
  return canvas;
}

/** @param {number} value @param {number} most */
function clamp(value, most) {
  return Math.min(most, Math.max(0, value));
}
