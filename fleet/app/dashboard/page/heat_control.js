/** Which heat is shown, over how long, and what its colours mean. */

import { element } from "./element.js";
import { colourOf, METRICS, topOf, worstSpots } from "./heat.js";
import { onTheme, theme } from "./theme.js";
import { figure } from "./words.js";

const MOST_SPOTS = 5;

export class HeatControl {
  metric = "delay";

  /**
   * @param {import("./scene.js").Scene} scene
   * @param {Record<"choices" | "scale" | "colours" | "unit" | "top" | "window", any>} parts elements of index.html
   * @param {() => void} changed another metric or window is wanted
   */
  constructor(scene, parts, changed) {
    this.scene = scene;
    this.parts = parts;
    this.changed = changed;
    this.names = ["", ...Object.keys(METRICS)];
    this.buttons = this.names.map((name) =>
      element(
        "button",
        {
          type: "button", role: "radio", "data-metric": name, title: METRICS[name]?.says ?? "No heat",
          onclick: () => this.choose(name),
        },
        METRICS[name]?.title ?? "Off",
      ),
    );
    parts.choices.append(...this.buttons);
    parts.window.addEventListener("change", changed);
    onTheme(() => this.#drawScale());
    this.#mark();
  }

  /** Seconds. */
  get windowS() {
    return Number(this.parts.window.value);
  }

  /** @param {string} metric empty for none */
  choose(metric) {
    this.metric = metric;
    this.scene.heat = null;
    this.scene.spots = [];
    this.#mark();
    this.changed();
  }

  /** The next one of off, delay, waits and visits. */
  next() {
    this.choose(this.names[(this.names.indexOf(this.metric) + 1) % this.names.length]);
  }

  /**
   * Take in a HEAT frame.
   *
   * @param {import("./frames.js").Frame} frame
   * @returns {boolean} false if it is not of the metric that is shown: it was under way when another one was chosen
   */
  take(frame) {
    if (METRICS[this.metric]?.of !== frame.of) return false;
    const heat = /** @type {any} */ ({ cells: frame.columns.cell, values: frame.columns.value });
    const { width, height } = this.scene.world;
    this.scene.heat = heat;
    this.scene.heatTop = topOf(heat.values);
    this.scene.spots = worstSpots(heat, width, height, MOST_SPOTS);
    this.#drawScale();
    return true;
  }

  #mark() {
    for (const button of this.buttons) {
      button.setAttribute("aria-checked", String(button.dataset.metric === this.metric));
    }
    this.parts.scale.hidden = this.metric === "";
    this.#drawScale();
  }

  #drawScale() {
    if (this.metric === "") return;
    const { colours, unit, top } = this.parts;
    unit.textContent = METRICS[this.metric].unit;
    top.textContent = this.scene.heat ? `≥ ${figure(this.scene.heatTop)}` : "…";
    const context = colours.getContext("2d");
    const image = context.createImageData(colours.width, colours.height);
    for (let x = 0; x < colours.width; x += 1) {
      const colour = colourOf(x / (colours.width - 1), theme() === "dark");
      for (let y = 0; y < colours.height; y += 1) image.data.set(colour, 4 * (y * colours.width + x));
    }
    context.putImageData(image, 0, 0);
  }
}
