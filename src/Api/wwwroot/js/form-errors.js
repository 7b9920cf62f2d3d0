import { byId } from "./dom.js";
import { fieldOf } from "./request.js";

/** @import { Problem } from "./problem.js" */

/** Problems whose fault is the picture, though no field is named. */
const PICTURE_CODES = new Set(["image_too_large", "unsupported_image", "invalid_image", "body_too_large"]);

/** The place of each field's words, by the server's names. @type {Record<string, string>} */
const PLACES = {
  image: "image",
  mask: "image",
  instruction: "instruction",
  target: "instruction",
  points: "instruction",
  color: "instruction",
  kind: "kind",
  ...Object.fromEntries(Object.entries(fieldOf).map(([id, field]) => [field, id])),
};

/** Shows what is wrong with a request: beside the field at fault, or for all of it. */
export class FormErrors {
  #problem = byId("problem", HTMLElement);

  clear() {
    this.#problem.hidden = true;
    for (const place of new Set(Object.values(PLACES))) {
      this.showAt(place, []);
    }
  }

  /**
   * Shows it and moves the focus to where it can be mended.
   * @param {Problem} problem
   */
  show(problem) {
    const rest = [];
    const errors = Object.entries(problem.errors);
    if (errors.length === 0 && PICTURE_CODES.has(problem.code)) {
      errors.push(["image", [problem.detail || problem.title]]);
    }
    let first = "";
    for (const [field, messages] of errors) {
      const place = PLACES[field];
      const words = field === "mask" ? messages.map((message) => `The mask ${message}.`) : messages;
      if (place === undefined || !this.showAt(place, words)) {
        rest.push(...messages.map((message) => `${field}: ${message}`));
      } else {
        first ||= place;
      }
    }
    if (errors.length === 0 || rest.length > 0) {
      this.#showWhole(problem, rest.join(" ") || problem.detail);
    } else if (first !== "image") {
      document.getElementById(first)?.focus();
    }
  }

  /**
   * @param {string} place id of the field
   * @param {string[]} messages none takes away what was said
   * @returns {boolean} false when the page has no such field
   */
  showAt(place, messages) {
    const error = document.getElementById(`${place}-error`);
    const input = document.getElementById(place);
    if (error === null) {
      return false;
    }
    error.textContent = messages.join(" ");
    error.hidden = messages.length === 0;
    input?.toggleAttribute("aria-invalid", false);
    if (messages.length > 0) {
      input?.setAttribute("aria-invalid", "true");
      /** @type {HTMLDetailsElement | null} */ (error.closest("details"))?.setAttribute("open", "");
    }
    return true;
  }

  /** @param {Problem} problem @param {string} detail */
  #showWhole(problem, detail) {
    byId("problem-title", HTMLElement).textContent = problem.title;
    byId("problem-detail", HTMLElement).textContent = detail;
    byId("problem-trace", HTMLElement).textContent =
      problem.traceId === "" ? "" : `Reference in the server's log: ${problem.traceId}`;
    this.#problem.hidden = false;
    this.#problem.focus();
  }
}
