/** How the page stands with what it shows: connecting, live, standing still, silent, lost, or replay. */

import { byId } from "./element.js";

/**
 * @param {"connecting" | "live" | "stands" | "silent" | "lost" | "replay"} state
 * @param {string} text a few words
 * @param {string} [banner] what to do about it, across the floor; empty for nothing
 */
export function showState(state, text, banner = "") {
  byId("state").dataset.state = state;
  if (byId("state-text").textContent !== text) byId("state-text").textContent = text;
  const shown = byId("banner");
  if (shown.textContent !== banner) shown.textContent = banner;
  shown.hidden = banner === "";
}
