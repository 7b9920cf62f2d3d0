import { blobOf } from "./answer.js";
import { Problem } from "./problem.js";
import { countDown, secondsToWait } from "./wait.js";

/** @import { StreamEvent } from "./event-stream.js" */
/** @import { Server } from "./server.js" */

/**
 * Who wants to know how an edit goes.
 * @typedef {object} RunListener
 * @property {() => void} queued
 * @property {(step: number, of: number) => void} stepped the slowest of several pictures
 * @property {(picture: Blob, index: number) => void} previewed
 * @property {(left: number, why: string) => void} paused a busy server will be asked again
 * @property {() => void} resumed
 * @property {() => Promise<void>} hurry resolves when the pause is to end at once
 */

/**
 * Makes one edit, asking a busy server again until it has a place.
 * @param {Server} server
 * @param {object} request
 * @param {string} request.route
 * @param {FormData} request.form
 * @param {boolean} request.followsEvents whether the route tells how the work goes
 * @param {AbortSignal} signal cancels it; the server drops it at the next step
 * @param {RunListener} listener
 * @returns {Promise<Record<string, any>>} the answer
 */
export async function runEdit(server, request, signal, listener) {
  for (let tries = 1; ; tries++) {
    try {
      return request.followsEvents
        ? await followed(server.follow(request.route, request.form, signal), listener)
        : await server.send(request.route, request.form, signal);
    } catch (error) {
      const seconds = secondsToWait(error, tries);
      if (seconds === null) {
        throw error;
      }
      const why = /** @type {Problem} */ (error).title;
      await countDown(seconds, signal, (left) => listener.paused(left, why), listener.hurry());
      listener.resumed();
    }
  }
}

/**
 * The answer at the end of an event stream.
 * @param {AsyncIterable<StreamEvent>} events
 * @param {RunListener} listener
 */
async function followed(events, listener) {
  let steps = [0]; // done, of each picture
  for await (const { type, data } of events) {
    switch (type) {
      case "queued":
        steps = JSON.parse(data).seeds?.map(() => 0) ?? steps;
        listener.queued();
        break;
      case "progress": {
        const { index = 0, step, of } = JSON.parse(data);
        steps[index] = step;
        listener.stepped(Math.min(...steps), of);
        break;
      }
      case "preview": {
        const { image, format = "jpeg", index = 0 } = JSON.parse(data);
        listener.previewed(blobOf(image, format), index);
        break;
      }
      case "completed":
        return JSON.parse(data);
      case "failed":
      case "error":
        throw Problem.read(data, 500);
      default: // something newer
    }
  }
  throw new Problem({
    status: 0,
    title: "The connection broke off.",
    detail: "The server ended the stream before the picture was done. Try again.",
  });
}
