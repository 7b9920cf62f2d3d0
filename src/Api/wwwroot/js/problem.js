/**
 * An answer that is an error: what the server said (RFC 9457), or what stands in for it when it said nothing.
 */
export class Problem extends Error {
  /**
   * @param {object} said
   * @param {number} said.status HTTP status; 0 when no answer came
   * @param {string} said.title the kind of problem
   * @param {string} [said.detail] what is wrong this time
   * @param {string} [said.code]
   * @param {Record<string, string[]>} [said.errors] the fields at fault
   * @param {string} [said.traceId]
   * @param {number | null} [said.retrySeconds] when to try again; null when the server did not say
   */
  constructor({ status, title, detail = "", code = "", errors = {}, traceId = "", retrySeconds = null }) {
    super(detail || title);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.code = code;
    this.errors = errors;
    this.traceId = traceId;
    this.retrySeconds = retrySeconds;
  }

  /** True when the same request may succeed later without a change. */
  get isBusy() {
    return this.status === 429 || this.status === 503;
  }

  /** True when a key is wanted, or another one. */
  get wantsKey() {
    return this.status === 401 || this.status === 403;
  }

  /** No answer came. */
  static unreachable() {
    return new Problem({
      status: 0,
      title: "The server cannot be reached.",
      detail: "Check the connection, then try again.",
    });
  }

  /**
   * @param {Response} response one that is not ok
   */
  static async of(response) {
    const text = await response.text().catch(() => "");
    return Problem.read(text, response.status, response.headers.get("Retry-After"));
  }

  /**
   * @param {string} text a problem as JSON, or anything else
   * @param {number} status
   * @param {string | null} retryAfter the header
   */
  static read(text, status, retryAfter = null) {
    const said = parseObject(text);
    const errors = isRecord(said.errors) ? said.errors : {};
    return new Problem({
      status: typeof said.status === "number" ? said.status : status,
      title: textOf(said.title) || `The server answered with ${status}.`,
      detail: textOf(said.detail),
      code: textOf(said.code),
      errors: Object.fromEntries(
        Object.entries(errors).map(([field, messages]) => [field, [messages].flat().map(String)]),
      ),
      traceId: textOf(said.traceId),
      retrySeconds: retryAfterSeconds(retryAfter) ?? secondsOf(said.retry_after_ms),
    });
  }
}

/**
 * The header Retry-After (RFC 9110, 10.2.3) as seconds from now; null when absent or not understood.
 * @param {string | null} header
 * @param {number} [now] ms since 1970
 */
export function retryAfterSeconds(header, now = Date.now()) {
  if (header === null || header.trim() === "") {
    return null;
  }
  if (/^\s*\d+\s*$/.test(header)) {
    return Number(header);
  }
  const date = Date.parse(header);
  return Number.isNaN(date) ? null : Math.max(0, Math.ceil((date - now) / 1_000));
}

/** @param {string} text @returns {Record<string, unknown>} */
function parseObject(text) {
  try {
    const value = JSON.parse(text);
    return isRecord(value) ? value : {};
  } catch {
    return {}; // a proxy's page in HTML, or nothing
  }
}

/** @param {unknown} value @returns {value is Record<string, unknown>} */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** @param {unknown} value */
function textOf(value) {
  return typeof value === "string" ? value : "";
}

/** @param {unknown} milliseconds */
function secondsOf(milliseconds) {
  return typeof milliseconds === "number" ? Math.ceil(milliseconds / 1_000) : null;
}
