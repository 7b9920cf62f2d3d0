import { Problem } from "./problem.js";

/** Times that a busy server is asked again before the person is. */
export const MOST_TRIES = 20;

/** What to wait when a busy server does not say. */
const USUAL_SECONDS = 5;

/**
 * How long to wait before asking again; null when asking again is no use.
 * @param {unknown} error
 * @param {number} tries made so far
 * @returns {number | null} seconds, at least 1
 */
export function secondsToWait(error, tries) {
  if (!(error instanceof Problem) || !error.isBusy || tries >= MOST_TRIES) {
    return null;
  }
  return Math.max(1, error.retrySeconds ?? USUAL_SECONDS);
}

/**
 * Counts down.
 * @param {number} seconds
 * @param {AbortSignal} signal ends it with an AbortError
 * @param {(left: number) => void} tick called with the seconds left, at once and each second
 * @param {Promise<void>} [hurry] ends it at once when it resolves
 */
export async function countDown(seconds, signal, tick, hurry) {
  let isHurried = false;
  hurry?.then(() => (isHurried = true));
  const end = Date.now() + seconds * 1_000;
  for (let left = seconds; left > 0 && !isHurried; left = Math.ceil((end - Date.now()) / 1_000)) {
    tick(left);
    await Promise.race([pause(1_000, signal), ...(hurry ? [hurry] : [])]);
  }
}

/** @param {number} milliseconds @param {AbortSignal} signal @returns {Promise<void>} */
function pause(milliseconds, signal) {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      signal.removeEventListener("abort", stop);
      resolve();
    }, milliseconds);
    const stop = () => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
