import { byId, make } from "./dom.js";
import { modeOf } from "./modes.js";

/** @import { Mode } from "./modes.js" */

/** The choice of what to ask for. */
export class ModeChoice {
  #group = byId("modes", HTMLFieldSetElement);
  #list = byId("mode-list", HTMLElement);

  /** @param {(mode: Mode) => void} changed */
  constructor(changed) {
    this.#changed = changed;
  }

  #changed;

  get mode() {
    return modeOf(this.#list.querySelector("input:checked")?.getAttribute("value") ?? "");
  }

  /** @param {Mode[]} offered */
  offer(offered) {
    const { mode } = this;
    this.#group.hidden = offered.length < 2;
    this.#list.replaceChildren(
      ...offered.map(({ name, label }) => {
        const radio = make("input", { type: "radio", name: "mode", value: name, class: "visually-hidden" });
        radio.addEventListener("change", () => this.#changed(modeOf(name)));
        return make("label", {}, radio, make("span", {}, label));
      }),
    );
    this.choose(offered.includes(mode) ? mode : modeOf(""));
  }

  /** @param {Mode} mode */
  choose(mode) {
    const radio = this.#list.querySelector(`input[value="${mode.name}"]`);
    if (radio instanceof HTMLInputElement) {
      radio.checked = true;
    }
    this.#changed(mode);
  }
}
