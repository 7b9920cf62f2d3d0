import { curlCommand } from "./curl.js";
import { byId, download } from "./dom.js";
import { apiKey } from "./key.js";

/** @import { FormPart } from "./curl.js" */

/** Where a person types the API key. */
export class KeyDialog {
  #dialog = byId("key-dialog", HTMLDialogElement);
  #input = byId("key", HTMLInputElement);

  /** @param {() => void} changed told when there is another key, or none */
  constructor(changed) {
    this.#changed = changed;
    byId("open-key", HTMLButtonElement).addEventListener("click", () => this.open());
    byId("close-key", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    byId("forget-key", HTMLButtonElement).addEventListener("click", () => this.#keep(""));
    byId("key-form", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      this.#keep(this.#input.value.trim());
    });
    this.#show();
  }

  #changed;

  /** @param {string} [reason] why it is asked for */
  open(reason = "A key is needed only where the server asks for one.") {
    byId("key-reason", HTMLElement).textContent = reason;
    this.#input.value = apiKey.read() ?? "";
    if (!this.#dialog.open) {
      this.#dialog.showModal();
    }
    this.#input.select();
  }

  /** @param {string} key */
  #keep(key) {
    apiKey.keep(key);
    this.#dialog.close();
    this.#show();
    this.#changed();
  }

  #show() {
    byId("key-state", HTMLElement).textContent = apiKey.read() === null ? "API key" : "API key set";
  }
}

/**
 * A request as a command needs it.
 * @typedef {object} Command
 * @property {string} url
 * @property {FormPart[]} parts
 * @property {string} accept
 * @property {string} output
 * @property {{ file: Blob, name: string, isOnDisk: boolean }} source
 * @property {Blob | null} mask
 */

/** Shows a request as a curl command, and hands out the files that it names and that lie on no disk. */
export class CurlDialog {
  #dialog = byId("curl-dialog", HTMLDialogElement);
  #status = byId("curl-status", HTMLElement);
  #source = byId("curl-source", HTMLButtonElement);
  #mask = byId("curl-mask", HTMLButtonElement);
  /** @type {Command | null} */
  #command = null;

  constructor() {
    byId("curl-close", HTMLButtonElement).addEventListener("click", () => this.#dialog.close());
    byId("curl-copy", HTMLButtonElement).addEventListener("click", () => this.#copy());
    this.#source.addEventListener("click", () => {
      const { source } = /** @type {Command} */ (this.#command);
      download(source.file, source.name);
    });
    this.#mask.addEventListener("click", () => {
      download(/** @type {Blob} */ (this.#command?.mask), "mask.png");
    });
  }

  /** @param {Command} command */
  open(command) {
    this.#command = command;
    const { source, mask } = command;
    const hasKey = apiKey.read() !== null;
    byId("curl-command", HTMLElement).textContent = curlCommand({ ...command, hasKey });
    byId("curl-hint", HTMLElement).textContent = [
      `Run it in the folder of ${source.name}${mask === null ? "" : " and mask.png"}, in a POSIX shell.`,
      hasKey ? "Set API_KEY to your key first: it is left out here." : "",
    ].join(" ");
    this.#source.hidden = source.isOnDisk;
    /** @type {HTMLElement} */ (this.#source.lastElementChild).textContent = source.name;
    this.#mask.hidden = mask === null;
    this.#status.textContent = "";
    this.#dialog.showModal();
  }

  async #copy() {
    const code = byId("curl-command", HTMLElement);
    try {
      await navigator.clipboard.writeText(code.textContent ?? "");
      this.#status.textContent = "Copied.";
    } catch {
      // No clipboard outside of secure contexts: the person copies what is marked.
      getSelection()?.selectAllChildren(code);
      this.#status.textContent = "Marked: press Ctrl+C.";
    }
  }
}
