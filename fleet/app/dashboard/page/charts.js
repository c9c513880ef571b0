/** Small charts of the last minutes: throughput, work that waits, and what robots do. */

import { element } from "./element.js";
import { onTheme, palette } from "./theme.js";
import { clock, figure, span } from "./words.js";

/** @typedef {Record<string, number>} Sample of the server, see fleet/app/dashboard/page_messages.py */

const CHARTS = [
  { title: "Tasks an hour", lines: [["tasks_per_hour", "chart"]] },
  { title: "Open orders", lines: [["orders_open", "chart"]] },
  { title: "Tasks without a robot", lines: [["tasks_waiting", "chart"]] },
  { title: "Robots driving and waiting", lines: [["robots_driving", "driving"], ["robots_waiting", "waiting"]] },
];
const MOST_SAMPLES = 720;
const HEIGHT = 46;
// A mark moves by this part of a chart at a time.
const STEPS = 300;

export class Charts {
  /** @type {Sample[]} */
  #samples = [];
  /** Seconds; the moment that is marked, NaN for none. */
  #marked = NaN;

  /** @param {HTMLElement} holder @param {HTMLElement} spanHolder says over what time they are */
  constructor(holder, spanHolder) {
    this.spanHolder = spanHolder;
    this.charts = CHARTS.map(({ title, lines }) => {
      const value = element("b", {}, "–");
      const canvas = element("canvas", { role: "img", "aria-label": title });
      holder.append(
        element("figure", { class: "chart" }, element("figcaption", {}, element("span", {}, title), value), canvas),
      );
      return { title, lines, value, canvas };
    });
    onTheme(() => this.#draw());
    new ResizeObserver(() => this.#draw()).observe(holder);
  }

  /** @param {Sample[]} samples all of them */
  show(samples) {
    this.#samples = samples.slice(-MOST_SAMPLES);
    this.#draw();
  }

  /** @param {Sample} sample a newer one */
  add(sample) {
    if (this.#samples.length > 0 && sample.t_s <= this.#samples.at(-1).t_s) return;
    this.show([...this.#samples, sample]);
  }

  /** Mark a moment; figures are of then. @param {number} t seconds */
  mark(t) {
    const samples = this.#samples;
    if (samples.length === 0) return;
    const step = (samples.at(-1).t_s - samples[0].t_s) / STEPS;
    if (Math.abs(t - this.#marked) < step) return;
    this.#marked = t;
    this.#draw();
  }

  /** The newest sample; undefined before the first. */
  get latest() {
    return this.#samples.at(-1);
  }

  #draw() {
    const samples = this.#samples;
    if (samples.length === 0) {
      this.#clear();
      return;
    }
    const [first, last] = [samples[0].t_s, samples.at(-1).t_s];
    this.spanHolder.textContent = span(last - first);
    const then = samples.findLast(({ t_s: t }) => !(t > this.#marked)) ?? samples[0];
    for (const chart of this.charts) {
      chart.value.textContent = chart.lines.map(([name]) => figure(then[name])).join(" / ");
      chart.canvas.title = `${chart.title}, from ${clock(first)} to ${clock(last)}`;
      draw(chart.canvas, chart.lines, samples, this.#marked);
    }
  }

  #clear() {
    for (const { value, canvas } of this.charts) {
      value.textContent = "–";
      canvas.getContext("2d").clearRect(0, 0, canvas.width, canvas.height);
    }
  }
}

function draw(canvas, lines, samples, marked) {
  const ratio = Math.min(devicePixelRatio || 1, 2);
  const width = canvas.clientWidth;
  canvas.width = width * ratio;
  canvas.height = HEIGHT * ratio;
  const context = canvas.getContext("2d");
  const colours = palette();
  context.scale(ratio, ratio);
  const [first, last] = [samples[0].t_s, samples.at(-1).t_s];
  const top = 1.1 * Math.max(1, ...lines.flatMap(([name]) => samples.map((sample) => sample[name])));
  const x = (t) => (last > first ? ((t - first) / (last - first)) * (width - 3) : width - 3);
  const y = (value) => HEIGHT - 1.5 - (value / top) * (HEIGHT - 4);
  context.strokeStyle = colours.chartAxis;
  context.globalAlpha = 0.5;
  context.beginPath();
  context.moveTo(0, HEIGHT - 0.5);
  context.lineTo(width, HEIGHT - 0.5);
  context.stroke();
  context.globalAlpha = 1;
  for (const [name, colour] of lines) {
    const line = colours.robots[colour] ?? colours[colour];
    context.beginPath();
    for (const sample of samples) context.lineTo(x(sample.t_s), y(sample[name]));
    context.strokeStyle = line;
    context.lineWidth = 2;
    context.lineJoin = "round";
    context.stroke();
    if (lines.length === 1) {
      context.lineTo(x(last), HEIGHT);
      context.lineTo(0, HEIGHT);
      context.fillStyle = colours.chartFill;
      context.fill();
    }
    if (Number.isNaN(marked)) {
      context.beginPath();
      context.arc(x(last), y(samples.at(-1)[name]), 2.6, 0, 2 * Math.PI);
      context.fillStyle = line;
      context.fill();
    }
  }
  if (Number.isNaN(marked)) return;
  context.fillStyle = colours.chosen;
  context.fillRect(Math.round(x(Math.max(marked, first))), 0, 1.5, HEIGHT);
}
