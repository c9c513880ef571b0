/** The figures that say in one glance how the floor is, and how many robots look like what. */

import { element } from "./element.js";
import { drawRobot } from "./sprites.js";
import { onTheme, palette } from "./theme.js";
import { CONDITIONS, figure, plain, TROUBLED } from "./words.js";

// Of robots with work, the share that stands, above which the figure stands out.
const HOT_SHARE = 0.3;

/**
 * @param {HTMLElement} holder
 * @param {{name: string, value: string, hot?: boolean}[]} figures
 */
export function showFigures(holder, figures) {
  if (holder.childElementCount !== figures.length) {
    holder.replaceChildren(...figures.map(() => element("div", {}, element("dt"), element("dd"))));
  }
  figures.forEach(({ name, value, hot = false }, place) => {
    const box = holder.children[place];
    if (box.firstChild.textContent !== name) box.firstChild.textContent = name;
    if (box.lastChild.textContent !== value) box.lastChild.textContent = value;
    box.classList.toggle("hot", hot);
  });
}

/** @param {Uint8Array} conditions by row @returns {number[]} how many robots are in each */
export function count(conditions) {
  const counts = CONDITIONS.map(() => 0);
  for (const condition of conditions) counts[condition] += 1;
  return counts;
}

/** What robots do, of counts as of `count`. */
export function figuresOf(counts) {
  const of = (...names) => names.reduce((sum, name) => sum + counts[CONDITIONS.indexOf(name)], 0);
  const [moving, waiting, trouble] = [of("driving", "turning"), of("waiting"), of(...TROUBLED)];
  const hot = waiting > HOT_SHARE * (moving + waiting) && waiting > 1;
  return [
    { name: "driving", value: figure(moving) },
    { name: "waiting", value: figure(waiting), hot },
    { name: "in trouble", value: figure(trouble), hot: trouble > 0 },
  ];
}

/** What robots look like, and how many look so. */
export class Legend {
  #rows;

  /** @param {HTMLElement} holder a list */
  constructor(holder) {
    const names = [...CONDITIONS.filter((name) => !TROUBLED.includes(name)), "in trouble"];
    this.#rows = names.map((name) => {
      const canvas = element("canvas", { width: 40, height: 40, "aria-hidden": "true" });
      const number = element("b", {}, "0");
      holder.append(element("li", {}, canvas, plain(name), number));
      return { name, canvas, number };
    });
    onTheme(() => this.#draw());
    this.#draw();
  }

  /** @param {number[]} counts as of `count` */
  show(counts) {
    for (const { name, number } of this.#rows) {
      const of = name === "in trouble" ? TROUBLED : [name];
      const text = String(of.reduce((sum, condition) => sum + counts[CONDITIONS.indexOf(condition)], 0));
      if (number.textContent !== text) number.textContent = text;
    }
  }

  #draw() {
    for (const { name, canvas } of this.#rows) {
      const context = canvas.getContext("2d");
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.clearRect(0, 0, 40, 40);
      context.translate(20, 20);
      drawRobot(context, 44, 0, name === "in trouble" ? "failed" : name, false, palette());
    }
  }
}
