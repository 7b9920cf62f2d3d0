import { byId } from "./dom.js";

/**
 * Has a screen reader say this when it is done with what it is saying. For what a person who sees the page need not be told:
 * everything else stands in elements that are live regions themselves.
 * @param {string} text
 */
export function announce(text) {
  const region = byId("announcer", HTMLElement);
  // The same words twice are no change, and would not be said again.
  region.textContent = region.textContent === text ? `${text}\u00a0` : text;
}
