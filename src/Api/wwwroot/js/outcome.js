import { byId, download, make } from "./dom.js";
import { editedName, formatTime } from "./format.js";
import { modeOf } from "./modes.js";
import { Overlay } from "./overlay.js";

/** @import { HistoryEntry } from "./history.js" */
/** @import { Stage } from "./stage.js" */

/** What came of one request: its pictures or what was found, what is known about it, and what can be done with it. */
export class Outcome {
  #tools = byId("result-tools", HTMLElement);
  #facts = byId("facts", HTMLElement);
  #thumbnails = byId("thumbnails", HTMLElement);
  #overlay = new Overlay();
  /** @type {HistoryEntry | null} */
  #entry = null;
  #index = 0;
  /** @type {string[]} addresses of the thumbnails */
  #urls = [];

  /** @param {Stage} stage */
  constructor(stage) {
    this.#stage = stage;
    byId("download", HTMLButtonElement).addEventListener("click", () => {
      if (this.picture !== null) {
        download(this.picture.blob, this.fileName);
      }
    });
  }

  #stage;

  get entry() {
    return this.#entry;
  }

  /** The picture that is shown; null where something was found instead. */
  get picture() {
    return this.#entry?.pictures[this.#index] ?? null;
  }

  /** The seed of what is shown. */
  get seed() {
    return this.picture?.seed ?? this.#entry?.details.seed ?? null;
  }

  /** A name for the picture's file. */
  get fileName() {
    const format = this.picture?.blob.type.replace("image/", "") ?? "png";
    return editedName(this.#entry?.source.name ?? "picture", this.seed, format);
  }

  /** @param {HistoryEntry} entry */
  async show(entry) {
    this.clear();
    this.#entry = entry;
    this.#tools.hidden = false;
    this.#facts.hidden = false;
    for (const id of ["download", "use-result"]) {
      byId(id, HTMLElement).hidden = entry.pictures.length === 0;
    }
    if (entry.finding !== null) {
      this.#showFacts(entry);
      await this.#overlay.show(entry.finding, this.#stage.size);
    } else {
      if (entry.pictures.length > 1) {
        this.#urls = entry.pictures.map((picture) => URL.createObjectURL(picture.blob));
        this.#thumbnails.replaceChildren(...entry.pictures.map((_, i) => this.#thumbnail(i)));
        this.#thumbnails.hidden = false;
      }
      await this.#select(0);
    }
  }

  /** Only the source, while something is painted on it. */
  hide() {
    this.clear();
    this.#stage.clear();
  }

  clear() {
    this.#entry = null;
    this.#tools.hidden = true;
    this.#facts.hidden = true;
    this.#thumbnails.hidden = true;
    this.#thumbnails.replaceChildren();
    this.#urls.forEach((url) => URL.revokeObjectURL(url));
    this.#urls = [];
    this.#overlay.clear();
  }

  /** @param {number} i */
  #thumbnail(i) {
    const button = make(
      "button",
      { type: "button", "aria-pressed": "false", "aria-label": `Result ${i + 1}` },
      make("img", { src: this.#urls[i], alt: "" }),
    );
    button.addEventListener("click", () => void this.#select(i));
    return button;
  }

  /** @param {number} index */
  async #select(index) {
    this.#index = index;
    [...this.#thumbnails.children].forEach((button, i) => button.setAttribute("aria-pressed", String(i === index)));
    const { entry, picture } = this;
    if (entry !== null && picture !== null) {
      await this.#stage.showResult(picture.blob, entry.settings.instruction || modeOf(entry.mode).label);
      // Not before: the facts are those of the picture that is seen. Another one may have been chosen meanwhile.
      if (this.#entry === entry && this.#index === index) {
        this.#showFacts(entry);
      }
    }
  }

  /** @param {HistoryEntry} entry */
  #showFacts({ details }) {
    const parts = [
      details.steps === null ? "" : `${details.steps} steps`,
      details.workingSize === "" ? "" : `worked at ${details.workingSize.replace("x", " × ")}`,
      this.seed === null ? "" : `seed ${this.seed}`,
      details.time === null ? "" : formatTime(details.time),
      details.untrained ? `${details.model} (untrained: the picture means nothing)` : details.model,
      details.droppedTokens > 0 ? `the last ${details.droppedTokens} tokens of the instruction did not fit` : "",
    ];
    this.#facts.textContent = parts.filter((part) => part !== "").join(" · ");
    byId("keep-seed", HTMLElement).hidden = this.seed === null;
  }
}
