import { announce } from "./announce.js";
import { byId, icon, make } from "./dom.js";
import { memoryStore } from "./history-store.js";

/** @import { Details, ResultPicture } from "./answer.js" */
/** @import { HistoryStore } from "./history-store.js" */
/** @import { Settings } from "./request.js" */
/** @import { Finding } from "./finding.js" */

/**
 * One finished request, with all that is needed to go back to it.
 * @typedef {object} HistoryEntry
 * @property {string} id
 * @property {number} time ms since 1970
 * @property {string} mode "edit", or the vision task
 * @property {Settings} settings as they were set
 * @property {{ file: Blob, name: string, isOnDisk: boolean }} source
 * @property {Blob | null} mask
 * @property {ResultPicture[]} pictures
 * @property {Details} details
 * @property {Finding | null} finding
 */

/** More are forgotten, oldest first: each holds its pictures. */
const MOST = 30;

/** The strip of this tab's edits. */
export class History {
  #list = byId("history-list", HTMLOListElement);
  /** @type {HistoryStore} */
  #store = memoryStore();
  /** @type {{ entry: HistoryEntry, item: HTMLElement, url: string }[]} newest first */
  #shown = [];

  /** @param {(entry: HistoryEntry) => void} restore */
  constructor(restore) {
    this.#restore = restore;
    byId("clear-history", HTMLButtonElement).addEventListener("click", () => this.#clear());
  }

  #restore;

  /** Shows what an earlier load of this tab left. @param {HistoryStore} store */
  async open(store) {
    this.#store = store;
    byId("history-place", HTMLElement).textContent = store.isLasting
      ? "Kept in this browser for this tab: they survive a reload and go a day later."
      : "Kept in this page's memory alone: they are gone when it is closed or loaded again.";
    for (const entry of await store.readAll()) {
      this.#show(entry);
    }
    this.#update();
  }

  /** @param {HistoryEntry} entry */
  async add(entry) {
    this.#show(entry);
    this.#update();
    for (const { entry: old } of this.#shown.slice(MOST)) {
      await this.#remove(old);
    }
    try {
      await this.#store.add(entry);
    } catch {
      byId("history-place", HTMLElement).textContent =
        "This browser's storage is full: the newest edits are gone when the page is closed.";
    }
  }

  /** @param {HistoryEntry} entry */
  #show(entry) {
    const url = URL.createObjectURL(entry.pictures[0]?.blob ?? entry.source.file);
    const time = new Date(entry.time).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
    const what = entry.settings.instruction || entry.mode;
    const open = make(
      "button",
      { type: "button", class: "history-open" },
      make("img", { src: url, alt: "", loading: "lazy" }),
      make("span", { class: "visually-hidden" }, "Restore: "),
      make("span", { class: "history-text" }, what),
      make("time", { class: "quiet", dateTime: new Date(entry.time).toISOString() }, time),
    );
    const remove = make(
      "button",
      { type: "button", class: "history-remove", "aria-label": `Forget: ${what}`, title: "Forget" },
      icon("close"),
    );
    const item = make("li", {}, open, remove);
    open.addEventListener("click", () => this.#restore(entry));
    remove.addEventListener("click", async () => {
      const neighbour = item.nextElementSibling ?? item.previousElementSibling;
      await this.#remove(entry);
      this.#update();
      announce("Forgotten.");
      (neighbour?.querySelector("button") ?? byId("history-title", HTMLElement)).focus();
    });
    this.#list.prepend(item);
    this.#shown.unshift({ entry, item, url });
  }

  /** @param {HistoryEntry} entry */
  async #remove(entry) {
    const gone = this.#shown.find((shown) => shown.entry.id === entry.id);
    if (gone) {
      this.#shown = this.#shown.filter((shown) => shown !== gone);
      gone.item.remove();
      URL.revokeObjectURL(gone.url);
    }
    await this.#store.remove(entry.id).catch(() => {});
  }

  async #clear() {
    for (const { entry } of [...this.#shown]) {
      await this.#remove(entry);
    }
    this.#update();
    announce("The history is empty.");
    byId("history-title", HTMLElement).focus();
  }

  #update() {
    byId("history", HTMLElement).hidden = this.#shown.length === 0;
  }
}
