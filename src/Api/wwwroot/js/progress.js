import { announce } from "./announce.js";
import { byId } from "./dom.js";
import { formatTime } from "./format.js";

/** What an edit that runs is doing, and for how long. */
export class Progress {
  #area = byId("progress", HTMLElement);
  #bar = byId("progress-bar", HTMLProgressElement);
  #text = byId("progress-text", HTMLElement);
  #time = byId("progress-time", HTMLElement);
  #retry = byId("retry-now", HTMLButtonElement);
  #start = 0;
  #timer = 0;
  #said = 0; // quarters of the steps that were announced

  begin() {
    this.#area.hidden = false;
    this.#start = performance.now();
    this.#said = 0;
    this.#timer = window.setInterval(() => this.#tick(), 100);
    this.wait("Sending the picture…");
  }

  end() {
    clearInterval(this.#timer);
    this.#area.hidden = true;
    this.#retry.hidden = true;
  }

  /** Something without a measure. @param {string} text */
  wait(text) {
    this.#retry.hidden = true;
    this.#bar.removeAttribute("value");
    this.#text.textContent = text;
  }

  /** @param {number} step done @param {number} of in all */
  step(step, of) {
    this.#bar.max = of;
    this.#bar.value = step;
    this.#text.textContent = step < of ? `Step ${step} of ${of}` : "Finishing the picture…";
    const quarter = Math.floor((4 * step) / of);
    if (quarter > this.#said) {
      this.#said = quarter;
      announce(`Step ${step} of ${of}`);
    }
  }

  /**
   * A pause until a busy server has a place.
   * @param {number} left seconds
   * @param {string} why
   */
  pause(left, why) {
    if (this.#retry.hidden) {
      announce(`${why} Trying again in ${left} seconds.`);
    }
    this.#retry.hidden = false;
    this.#bar.removeAttribute("value");
    this.#text.textContent = `${why} Trying again in ${left} s.`;
  }

  /** Resolves when the person does not want to wait. @returns {Promise<void>} */
  hurry() {
    return new Promise((resolve) => this.#retry.addEventListener("click", () => resolve(), { once: true }));
  }

  #tick() {
    this.#time.textContent = formatTime(performance.now() - this.#start);
  }
}
