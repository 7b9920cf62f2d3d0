import { byId } from "./dom.js";

/** @import { Mode } from "./modes.js" */

/** The button that starts, and the one that cancels, which is there while something runs. */
export class RunButtons {
  #run = byId("run", HTMLButtonElement);
  #text = byId("run-text", HTMLElement);
  #cancel = byId("cancel", HTMLButtonElement);

  /** @param {() => void} cancel */
  constructor(cancel) {
    this.#cancel.addEventListener("click", cancel);
  }

  /** @param {Mode} mode */
  showIdle(mode) {
    this.#run.setAttribute("aria-disabled", "false");
    this.#text.textContent = mode.action;
    if (document.activeElement === this.#cancel) {
      this.#run.focus(); // as the focused button goes away
    }
    this.#cancel.hidden = true;
  }

  /** @param {Mode} mode */
  showRunning(mode) {
    // Still a button that can be reached: one that is disabled would lose the focus.
    this.#run.setAttribute("aria-disabled", "true");
    this.#text.textContent = mode.busy;
    this.#cancel.hidden = false;
    byId("frame", HTMLElement).scrollIntoView({ block: "nearest" });
  }
}
