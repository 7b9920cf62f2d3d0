import { make } from "./dom.js";

/**
 * @typedef {object} SliderRange
 * @property {string} name the setting
 * @property {string} label
 * @property {string} low what little of it does
 * @property {string} high
 * @property {number} min
 * @property {number} max of the number; the slider ends where most people do
 * @property {number} slideMax
 * @property {number} step
 */

/** A number that can be slid or typed. */
export class Slider {
  /** @param {SliderRange} range */
  constructor({ name, label, low, high, min, max, slideMax, step }) {
    const id = name;
    this.number = make("input", {
      type: "number",
      id,
      name,
      min: String(min),
      max: String(max),
      step: String(step),
      inputMode: "decimal",
      "aria-describedby": `${id}-error`,
      autocomplete: "off",
    });
    this.#slide = make("input", {
      type: "range",
      min: String(min),
      max: String(slideMax),
      step: String(step),
      "aria-label": label,
      "aria-describedby": `${id}-ends`,
    });
    this.element = make(
      "div",
      { class: "field slider" },
      make("label", { htmlFor: id }, label),
      this.number,
      this.#slide,
      make(
        "p",
        { class: "ends quiet", id: `${id}-ends` },
        make("span", {}, low),
        make("span", { class: "visually-hidden" }, " to "),
        make("span", {}, high),
      ),
      make("p", { class: "field-error", id: `${id}-error`, hidden: true }),
    );
    this.#slide.addEventListener("input", () => {
      this.number.value = this.#slide.value;
      this.#fill();
    });
    this.number.addEventListener("input", () => this.#follow());
  }

  #slide;

  get value() {
    // What is no number has no value; the server is to say what is wrong with it.
    return this.number.validity.badInput ? "?" : this.number.value.trim();
  }

  set value(value) {
    this.number.value = value;
    this.#follow();
  }

  #follow() {
    if (this.number.value !== "") {
      this.#slide.value = this.number.value;
    }
    this.#fill();
  }

  #fill() {
    const { min, max, value } = this.#slide;
    const part = (Number(value) - Number(min)) / (Number(max) - Number(min));
    this.#slide.style.setProperty("--part", String(part));
  }
}
