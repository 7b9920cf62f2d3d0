import { announce } from "./announce.js";
import { byId, make } from "./dom.js";
import { emptySettings } from "./request.js";
import { Slider } from "./slider.js";

/** @import { RouteFeatures } from "./features.js" */
/** @import { Mode } from "./modes.js" */
/** @import { Settings } from "./request.js" */
/** @import { Model, Task } from "./server.js" */

/** Where the sliders end; larger numbers can be typed. */
const USUAL_MOST = { steps: 100, textScale: 15, imageScale: 5 };

/** Working sizes to choose from; others can be typed. */
const USUAL_SIZES = [64, 128, 256, 384, 512, 640, 768, 1024];

/** The largest seed that a dice gives: the server's largest. */
const MOST_SEED = 2 ** 32;

/** The form's fields. */
export class SettingsForm {
  #instruction = byId("instruction", HTMLTextAreaElement);
  #kind = byId("kind", HTMLSelectElement);
  #seed = byId("seed", HTMLInputElement);
  #size = byId("size", HTMLInputElement);
  #count = byId("count", HTMLInputElement);
  #sampler = byId("sampler", HTMLSelectElement);
  #outputFormat = byId("outputFormat", HTMLSelectElement);
  #negative = byId("negativeInstruction", HTMLInputElement);
  /** @type {Record<"steps" | "textScale" | "imageScale", Slider> | null} */
  #sliders = null;
  /** @type {Model | null} */
  #model = null;

  constructor() {
    byId("dice", HTMLButtonElement).addEventListener("click", () => {
      this.#seed.value = String(Math.floor(Math.random() * MOST_SEED));
      announce(`Seed ${this.#seed.value}`);
    });
    byId("reset-settings", HTMLButtonElement).addEventListener("click", () => {
      this.reset();
      announce("All settings are the model's own again.");
    });
  }

  /** Shows the fields with the ranges of this model. @param {Model} model */
  open(model) {
    this.#model = model;
    const { limits } = model;
    const scale = { min: 0, max: limits.max_guidance_scale, step: 0.05 };
    this.#sliders = {
      steps: new Slider({
        name: "steps",
        label: "Steps",
        low: "faster",
        high: "finer",
        min: 1,
        max: limits.max_steps,
        slideMax: Math.min(USUAL_MOST.steps, limits.max_steps),
        step: 1,
      }),
      textScale: new Slider({
        name: "textScale",
        label: "Text scale",
        low: "looser",
        high: "follows the words",
        slideMax: Math.min(USUAL_MOST.textScale, scale.max),
        ...scale,
      }),
      imageScale: new Slider({
        name: "imageScale",
        label: "Image scale",
        low: "freer",
        high: "keeps the picture",
        slideMax: Math.min(USUAL_MOST.imageScale, scale.max),
        ...scale,
      }),
    };
    byId("sliders", HTMLElement).replaceChildren(...Object.values(this.#sliders).map((slider) => slider.element));
    const sizes = USUAL_SIZES.filter((size) => size * size <= limits.max_canvas_pixels);
    byId("sizes", HTMLDataListElement).replaceChildren(
      ...["auto", ...sizes].map((size) => make("option", { value: String(size) })),
    );
    this.#sampler.replaceChildren(...optionsOf(limits.samplers));
    this.#outputFormat.replaceChildren(...optionsOf(limits.output_formats));
    this.reset();
  }

  /** Shows the fields that the route of a mode takes. @param {Mode} mode @param {RouteFeatures} route */
  useMode(mode, route) {
    byId("instruction-label", HTMLElement).textContent = mode.ask;
    this.#instruction.placeholder = mode.example;
    byId("instruction-field", HTMLElement).hidden = mode.field === "kind";
    byId("kind-field", HTMLElement).hidden = mode.field !== "kind";
    this.#kind.replaceChildren(...optionsOf(route.kinds));
    byId("count-field", HTMLElement).hidden = route.mostPictures < 2;
    this.#count.max = String(route.mostPictures);
    byId("format-field", HTMLElement).hidden = !route.fields.has("output_format");
    byId("run-text", HTMLElement).textContent = mode.action;
  }

  /** The model's own values for everything but the instruction. */
  reset() {
    const { instruction, kind } = this.read();
    this.write({ ...emptySettings, ...this.#defaults(), instruction, kind });
  }

  /** The values that work for a task. @param {Task} task */
  usePreset(task) {
    this.write({
      ...this.read(),
      steps: String(task.steps),
      textScale: String(task.text_guidance_scale),
      imageScale: String(task.image_guidance_scale),
      size: String(task.resolution),
    });
  }

  /** @param {string} text */
  writeInstruction(text) {
    this.#instruction.value = text;
  }

  /** @param {number} seed */
  writeSeed(seed) {
    this.#seed.value = String(seed);
  }

  /** @returns {Settings} */
  read() {
    return {
      instruction: this.#instruction.value.trim(),
      kind: this.#kind.value,
      steps: this.#sliders?.steps.value ?? "",
      textScale: this.#sliders?.textScale.value ?? "",
      imageScale: this.#sliders?.imageScale.value ?? "",
      seed: this.#seed.value.trim(),
      size: this.#size.value.trim() || "auto",
      sampler: this.#sampler.value,
      outputFormat: this.#outputFormat.value || "png",
      negativeInstruction: this.#negative.value.trim(),
      count: this.#count.validity.badInput ? "?" : this.#count.value || "1",
    };
  }

  /** @param {Settings} settings */
  write(settings) {
    this.#instruction.value = settings.instruction;
    this.#kind.value = settings.kind;
    this.#seed.value = settings.seed;
    this.#size.value = settings.size;
    this.#count.value = settings.count;
    this.#sampler.value = settings.sampler;
    this.#outputFormat.value = settings.outputFormat;
    this.#negative.value = settings.negativeInstruction;
    if (this.#sliders !== null) {
      this.#sliders.steps.value = settings.steps;
      this.#sliders.textScale.value = settings.textScale;
      this.#sliders.imageScale.value = settings.imageScale;
    }
  }

  /** @returns {Partial<Settings>} */
  #defaults() {
    if (this.#model === null) {
      return {};
    }
    const { steps, text_guidance_scale, image_guidance_scale, sampler } = this.#model.defaults;
    return {
      steps: String(steps),
      textScale: String(text_guidance_scale),
      imageScale: String(image_guidance_scale),
      sampler,
    };
  }
}

/** @param {string[]} names */
function optionsOf(names) {
  return names.map((name) => make("option", { value: name }, name));
}
