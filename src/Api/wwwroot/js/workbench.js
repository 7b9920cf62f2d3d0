import { announce } from "./announce.js";
import { detailsOf, picturesOf } from "./answer.js";
import { byId } from "./dom.js";
import { runEdit } from "./edit-run.js";
import { findingOf } from "./finding.js";
import { Problem } from "./problem.js";
import { fieldsOf, formOf, previewEvery } from "./request.js";
import { RunButtons } from "./run-buttons.js";
import { openSource, RefusedPicture } from "./source.js";

/** @import { RunListener } from "./edit-run.js" */
/** @import { RouteFeatures } from "./features.js" */
/** @import { FormErrors } from "./form-errors.js" */
/** @import { HistoryEntry } from "./history.js" */
/** @import { MaskEditor } from "./mask-editor.js" */
/** @import { Mode } from "./modes.js" */
/** @import { Outcome } from "./outcome.js" */
/** @import { Progress } from "./progress.js" */
/** @import { Settings } from "./request.js" */
/** @import { Model, Server } from "./server.js" */
/** @import { Source } from "./source.js" */
/** @import { Stage } from "./stage.js" */

/**
 * What is asked of the server.
 * @typedef {object} Wish
 * @property {Mode} mode
 * @property {RouteFeatures} route
 * @property {Settings} settings
 */

/** The picture that is worked on, and the one request that runs. */
export class Workbench {
  /** @type {Source | null} */
  #source = null;
  /** @type {Model | null} */
  model = null;

  /**
   * @param {Server} server
   * @param {{ stage: Stage, progress: Progress, outcome: Outcome, mask: MaskEditor, errors: FormErrors }} parts of the page
   * @param {(entry: HistoryEntry) => Promise<void>} done told of each finished request
   * @param {(reason: string) => void} askForKey
   */
  constructor(server, parts, done, askForKey) {
    this.#server = server;
    this.#parts = parts;
    this.#done = done;
    this.#askForKey = askForKey;
    this.#buttons = new RunButtons(() => this.cancel());
  }

  #server;
  #parts;
  #done;
  #askForKey;
  #buttons;
  /** @type {AbortController | null} */
  #running = null;

  get source() {
    return this.#source;
  }

  /** The source, or null after the person was asked for one. */
  requireSource() {
    this.#parts.errors.clear();
    if (this.#source === null) {
      this.#parts.errors.showAt("image", ["Choose a picture first."]);
      byId("choose-file", HTMLInputElement).focus();
    }
    return this.#source;
  }

  /**
   * Takes a picture to work on; what ran for the one before is cancelled.
   * @param {Blob} file
   * @param {string} name
   * @param {boolean} isOnDisk
   * @param {Blob | null} [oldMask] of an earlier request with this picture
   * @returns {Promise<boolean>} false when it was refused, and the person told why
   */
  async take(file, name, isOnDisk, oldMask = null) {
    const { errors, outcome, stage, mask } = this.#parts;
    errors.clear();
    let source;
    try {
      source = await openSource(file, name, isOnDisk, this.model?.limits ?? null);
    } catch (error) {
      if (!(error instanceof RefusedPicture)) {
        throw error;
      }
      errors.showAt("image", [`${name}: ${error.message}`]);
      return false;
    }
    this.#put(source);
    outcome.clear();
    stage.showSource(source);
    await mask.open(source, oldMask);
    announce(`${name}, ${source.width} by ${source.height} pixels.`);
    return true;
  }

  remove() {
    this.#put(null);
    this.#parts.outcome.clear();
    this.#parts.stage.showSource(null);
    byId("choose-file", HTMLInputElement).focus();
  }

  cancel() {
    this.#running?.abort();
  }

  /** Asks the server; nothing happens while something runs. @param {Wish} wish */
  async run(wish) {
    const { stage, outcome, progress, errors } = this.#parts;
    if (this.#running !== null) {
      return;
    }
    const source = this.requireSource();
    if (source === null) {
      return;
    }
    const abort = new AbortController();
    this.#running = abort;
    this.#buttons.showRunning(wish.mode);
    outcome.clear();
    stage.clear();
    progress.begin();
    try {
      const entry = await this.#ask(wish, source, abort.signal);
      await outcome.show(entry);
      announce(entry.finding === null ? "Done. The slider before and after compares the pictures." : "Done.");
      await this.#done(entry);
    } catch (error) {
      stage.clear();
      this.#tell(error, abort.signal, errors);
    } finally {
      this.#running = null;
      progress.end();
      this.#buttons.showIdle(wish.mode);
    }
  }

  /** @param {Wish} wish @param {Source} source @param {AbortSignal} signal @returns {Promise<HistoryEntry>} */
  async #ask({ mode, route, settings }, source, signal) {
    const { mask } = this.#parts;
    mask.close();
    const painted = route.fields.has("mask") ? await mask.read() : null;
    const fields = fieldsOf(settings, mode, route.fields);
    if (route.events && route.fields.has("preview_every") && this.model !== null) {
      fields.push(["preview_every", String(previewEvery(settings.steps, this.model.defaults.steps))]);
    }
    const request = { route: mode.route, form: formOf(source, painted, fields), followsEvents: route.events };
    const answer = await runEdit(this.#server, request, signal, this.#listener(signal));
    signal.throwIfAborted();
    return {
      id: `${Date.now()}-${Math.random().toString(36).slice(2)}`,
      time: Date.now(),
      mode: mode.name,
      settings,
      source: { file: source.file, name: source.name, isOnDisk: source.isOnDisk },
      mask: painted,
      pictures: mode.finds ? [] : picturesOf(answer),
      details: detailsOf(answer.work ?? answer),
      finding: mode.finds ? findingOf(mode, answer) : null,
    };
  }

  /** @param {AbortSignal} signal @returns {RunListener} */
  #listener(signal) {
    const { progress, stage } = this.#parts;
    return {
      queued: () => progress.wait("Waiting for a place…"),
      stepped: (step, of) => progress.step(step, of),
      previewed: (picture, index) => {
        if (index === 0 && !signal.aborted) {
          void stage.showPreview(picture);
        }
      },
      paused: (left, why) => progress.pause(left, why),
      resumed: () => progress.wait("Sending the picture…"),
      hurry: () => progress.hurry(),
    };
  }

  /** @param {unknown} error @param {AbortSignal} signal @param {FormErrors} errors */
  #tell(error, signal, errors) {
    if (signal.aborted) {
      announce("Cancelled.");
    } else if (!(error instanceof Problem)) {
      throw error;
    } else if (error.status === 401) {
      this.#askForKey(error.message);
    } else {
      errors.show(error);
    }
  }

  /** @param {Source | null} source */
  #put(source) {
    this.cancel();
    if (this.#source !== null) {
      URL.revokeObjectURL(this.#source.url);
    }
    this.#source = source;
  }
}
