import { byId, make } from "./dom.js";
import { formatBytes, formatPixels } from "./format.js";

/** @import { Model } from "./server.js" */

/** Who answers: the model's name, what to know about it, and whether it was ever trained. */
export class ModelCard {
  #card = byId("model", HTMLDetailsElement);
  #name = byId("model-name", HTMLElement);

  /** Nobody answers yet. @param {string} state in a word or two @param {string} reason */
  showWaiting(state, reason) {
    this.#card.dataset.state = "waiting";
    this.#name.textContent = state;
    byId("model-notice", HTMLElement).textContent = reason;
  }

  /** @param {Model} model */
  show(model) {
    this.#card.dataset.state = model.untrained ? "untrained" : "ready";
    this.#name.textContent = model.untrained ? `${model.id} (untrained)` : model.id;
    byId("model-notice", HTMLElement).textContent = model.notice ?? "";
    const { limits, defaults } = model;
    const facts = {
      Guidance:
        { instruct_diffusion: "InstructDiffusion", instruct_pix2_pix: "InstructPix2Pix" }[
          model.guidance_family ?? ""
        ] ?? model.guidance_family,
      Resolution: `${defaults.resolution} pixels`,
      "Largest picture": `${formatPixels(limits.max_image_pixels)}, ${formatBytes(limits.max_body_bytes)}`,
      Licence: model.license,
    };
    byId("model-facts", HTMLElement).replaceChildren(
      ...Object.entries(facts)
        .filter(([, value]) => value)
        .flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, String(value))]),
    );
    byId("accepted", HTMLElement).textContent =
      `PNG, JPEG or WebP, at most ${formatPixels(limits.max_image_pixels)} and ${formatBytes(limits.max_body_bytes)}`;
    byId("untrained", HTMLElement).hidden = !model.untrained;
    byId("untrained-text", HTMLElement).textContent = model.untrained
      ? "All of this page works, from the upload to the picture, but the picture is meaningless until a real model is configured (Engine:Path)."
      : "";
  }
}
