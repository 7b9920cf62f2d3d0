import { byId } from "./dom.js";

/** The slider between the picture before and the picture after: an input of type range that covers both. */
export class Compare {
  #range = byId("compare", HTMLInputElement);
  #frame = byId("frame", HTMLElement);
  #parts = ["compare", "handle", "before-tag", "after-tag"].map((id) => byId(id, Element));

  constructor() {
    this.#range.addEventListener("input", () => this.#move());
  }

  /** @param {boolean} isShown */
  show(isShown) {
    for (const part of this.#parts) {
      part.toggleAttribute("hidden", !isShown);
    }
    if (isShown) {
      this.#range.value = "50";
      this.#move();
    } else {
      this.#frame.style.setProperty("--split", "0%");
    }
  }

  #move() {
    const before = Number(this.#range.value);
    this.#frame.style.setProperty("--split", `${before}%`);
    this.#frame.classList.toggle("all-before", before > 88);
    this.#frame.classList.toggle("all-after", before < 12);
    this.#range.setAttribute("aria-valuetext", `${before} % before, ${100 - before} % after`);
  }
}
