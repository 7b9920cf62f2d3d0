import { readEvents } from "./event-stream.js";
import { Problem } from "./problem.js";

/** @import { PictureLimits } from "./picture-limits.js" */
/** @import { StreamEvent } from "./event-stream.js" */

/**
 * A model as GET /v1/models tells of it.
 * @typedef {object} Model
 * @property {string} id
 * @property {boolean} untrained
 * @property {string} [notice]
 * @property {string} [guidance_family]
 * @property {string} [license]
 * @property {{ steps: number, text_guidance_scale: number, image_guidance_scale: number, sampler: string, resolution: number }} defaults
 * @property {PictureLimits & ModelLimits} limits
 */

/**
 * @typedef {object} ModelLimits
 * @property {number} max_steps
 * @property {number} max_guidance_scale
 * @property {number} max_instruction_characters
 * @property {number} max_canvas_pixels
 * @property {string[]} samplers
 * @property {string[]} output_formats
 */

/**
 * A kind of task as GET /v1/tasks tells of it.
 * @typedef {object} Task
 * @property {string} name
 * @property {string[]} instructions
 * @property {number} text_guidance_scale
 * @property {number} image_guidance_scale
 * @property {number} steps
 * @property {number} resolution
 */

/** The server that sent this page. What it refuses is thrown as a {@link Problem}. */
export class Server {
  /** @param {() => string | null} readKey the caller's API key, if there is one */
  constructor(readKey) {
    this.#readKey = readKey;
  }

  #readKey;

  /** @param {string} route relative to the page, which may stand below a proxy's folder */
  addressOf(route) {
    return new URL(route, document.baseURI).href;
  }

  /** @returns {Promise<Model>} */
  async readModel() {
    const { data } = await this.#read("v1/models");
    return data[0];
  }

  /** @returns {Promise<Task[]>} */
  async readTasks() {
    return (await this.#read("v1/tasks")).tasks;
  }

  /** The OpenAPI document. @returns {Promise<Record<string, any>>} */
  readDescription() {
    return this.#read("openapi/v1.json");
  }

  /**
   * Sends a form and reads JSON.
   * @param {string} route
   * @param {FormData} form
   * @param {AbortSignal} signal
   * @returns {Promise<Record<string, any>>}
   */
  async send(route, form, signal) {
    return (await this.#fetch(route, { method: "POST", body: form, signal }, "application/json")).json();
  }

  /**
   * Sends a form and reads the events of the work.
   * @param {string} route
   * @param {FormData} form
   * @param {AbortSignal} signal
   * @returns {AsyncGenerator<StreamEvent, void, void>}
   */
  async *follow(route, form, signal) {
    const response = await this.#fetch(route, { method: "POST", body: form, signal }, "text/event-stream");
    if (response.body !== null) {
      yield* readEvents(response.body);
    }
  }

  /** @param {string} route @returns {Promise<any>} */
  async #read(route) {
    return (await this.#fetch(route, {}, "application/json")).json();
  }

  /** @param {string} route @param {RequestInit} request @param {string} accept */
  async #fetch(route, request, accept) {
    const key = this.#readKey();
    const headers = { Accept: accept, ...(key === null ? {} : { Authorization: `Bearer ${key}` }) };
    let response;
    try {
      response = await fetch(this.addressOf(route), { ...request, headers });
    } catch (error) {
      if (error instanceof TypeError) {
        throw Problem.unreachable();
      }
      throw error;
    }
    if (!response.ok) {
      throw await Problem.of(response);
    }
    return response;
  }
}
