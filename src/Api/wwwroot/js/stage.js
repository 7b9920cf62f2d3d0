import { Compare } from "./compare.js";
import { byId } from "./dom.js";

/** @import { Source } from "./source.js" */

/** Where the picture is: the source, what is seen of it while it changes, and what came out. */
export class Stage {
  #empty = byId("empty", HTMLElement);
  #work = byId("work", HTMLElement);
  #frame = byId("frame", HTMLElement);
  #before = byId("before", HTMLImageElement);
  #after = byId("after", HTMLImageElement);
  #previewTag = byId("preview-tag", HTMLElement);
  #compare = new Compare();
  /** @type {string | null} the address of what is shown after, ours to free */
  #url = null;
  /** Counts what was asked to be shown: only the newest is. */
  #turn = 0;

  /** Of the source, in its pixels. */
  get size() {
    return { width: this.#before.naturalWidth, height: this.#before.naturalHeight };
  }

  /** Shows a source, or the invitation to bring one. @param {Source | null} source */
  showSource(source) {
    this.#empty.hidden = source !== null;
    this.#work.hidden = source === null;
    this.clear();
    if (source === null) {
      this.#before.removeAttribute("src");
      return;
    }
    this.#before.src = source.url;
    this.#before.alt = `The source picture: ${source.name}, ${source.width} by ${source.height} pixels`;
    this.#frame.style.setProperty("--ratio", String(source.width / source.height));
    this.#frame.style.setProperty("--natural", `${source.width}px`);
  }

  /** What it looks like so far. @param {Blob} picture */
  async showPreview(picture) {
    if (await this.#show(picture, "A preview of the edited picture")) {
      this.#previewTag.hidden = false;
    }
  }

  /**
   * What came out, beside what went in.
   * @param {Blob} picture
   * @param {string} instruction
   */
  async showResult(picture, instruction) {
    if (await this.#show(picture, `The edited picture: ${instruction}`)) {
      this.#previewTag.hidden = true;
      this.#compare.show(true);
    }
  }

  /** Only the source again. */
  clear() {
    this.#turn++;
    this.#after.hidden = true;
    this.#after.removeAttribute("src");
    this.#previewTag.hidden = true;
    this.#compare.show(false);
    this.#free();
  }

  /** @param {Blob} picture @param {string} text @returns {Promise<boolean>} whether it is shown: nothing newer came between */
  async #show(picture, text) {
    const url = URL.createObjectURL(picture);
    const loading = new Image();
    loading.src = url;
    // Decoded before it is shown: nothing flickers. What cannot be decoded is shown as the broken picture it is.
    const turn = ++this.#turn;
    await loading.decode().catch(() => {});
    if (turn !== this.#turn) {
      // A later picture came first, or none is wanted any more.
      URL.revokeObjectURL(url);
      return false;
    }
    this.#free();
    this.#url = url;
    this.#after.src = url;
    this.#after.alt = text;
    this.#after.hidden = false;
    return true;
  }

  #free() {
    if (this.#url !== null) {
      URL.revokeObjectURL(this.#url);
      this.#url = null;
    }
  }
}
