/**
 * One event of a text/event-stream.
 * @typedef {object} StreamEvent
 * @property {string} type
 * @property {string} data
 */

/** Takes the text of an event stream in pieces and gives whole events (HTML standard, 9.2.6). */
export class EventStreamParser {
  #rest = "";
  #type = "";
  /** @type {string[]} */
  #data = [];
  #isFirst = true;

  /**
   * @param {string} text the next piece, cut anywhere
   * @returns {StreamEvent[]} the events that it completes
   */
  push(text) {
    let whole = this.#rest + text;
    if (this.#isFirst && whole.length > 0) {
      whole = whole.replace(/^\ufeff/, "");
      this.#isFirst = false;
    }
    // A "\r" at the end may be half of "\r\n": it waits for what follows.
    const end = whole.endsWith("\r") ? whole.length - 1 : whole.length;
    const lines = whole.slice(0, end).split(/\r\n|\n|\r/);
    this.#rest = (lines.pop() ?? "") + whole.slice(end);
    return lines.flatMap((line) => this.#take(line));
  }

  /** @param {string} line @returns {StreamEvent[]} */
  #take(line) {
    if (line === "") {
      const event = { type: this.#type || "message", data: this.#data.join("\n") };
      const isWhole = this.#data.length > 0;
      this.#type = "";
      this.#data = [];
      return isWhole ? [event] : [];
    }
    const colon = line.indexOf(":");
    const name = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (name === "event") {
      this.#type = value;
    } else if (name === "data") {
      this.#data.push(value);
    }
    return []; // a comment (the heartbeat), an id, or something newer
  }
}

/**
 * The events of a response as they arrive.
 * @param {ReadableStream<Uint8Array>} body
 * @returns {AsyncGenerator<StreamEvent, void, void>}
 */
export async function* readEvents(body) {
  const parser = new EventStreamParser();
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) {
        return;
      }
      yield* parser.push(decoder.decode(value, { stream: true }));
    }
  } finally {
    // Whoever stops listening closes the connection too.
    await reader.cancel().catch(() => {});
  }
}
