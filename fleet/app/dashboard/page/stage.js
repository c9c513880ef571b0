/** The floor on the screen: a canvas that is drawn when the view changes, and one with robots, drawn every frame. */

import { FloorPlan } from "./floor_plan.js";
import { HeatLayer } from "./heat_layer.js";
import { poseOf } from "./moments.js";
import { drawOverlay } from "./overlay.js";
import { RobotLayer } from "./robot_layer.js";
import { onTheme, palette, theme } from "./theme.js";
import { View } from "./view.js";
import { drawZones } from "./zone_layer.js";

// Device pixels a CSS pixel, and in all: more cannot be told apart on a floor, and cost time in every frame.
const MOST_RATIO = 2;
const MOST_PIXELS = 4e6;
// Height of what lies over the lower end of the floor, CSS pixels.
const CARDS_PX = 140;
// CSS pixels a cell at which robots have names: near enough for what somebody goes to.
const NEAR_SCALE = 32;
// Robots are tapped with fingers, too.
const REACH_PX = 18;

export class Stage {
  #floor = document.createElement("canvas");
  #robots = document.createElement("canvas");
  /** @type {FloorPlan} */
  #plan;
  #heat = new HeatLayer();
  #robotLayer = new RobotLayer();
  #stale = true;
  /** The view as `fit` left it, to fit it again when the canvas has another size and nobody has moved it. */
  #fitted = "";
  #ratio = 1;
  #listeners = new Set();

  /**
   * @param {HTMLElement} holder
   * @param {import("./scene.js").Scene} scene
   */
  constructor(holder, scene) {
    this.holder = holder;
    this.scene = scene;
    this.view = new View(scene.world);
    this.#plan = new FloorPlan(scene.world);
    holder.replaceChildren(this.#floor, this.#robots);
    new ResizeObserver(() => this.#resize()).observe(holder);
    onTheme(() => this.redraw());
    this.#resize();
    this.fit();
    requestAnimationFrame((now) => this.#frame(now));
  }

  /** Draw the floor again with the next frame: its view, heat or zones have changed. */
  redraw() {
    this.#stale = true;
  }

  /** @param {(now: number) => void} listener called before each frame, with milliseconds of the page's clock */
  onFrame(listener) {
    this.#listeners.add(listener);
  }

  /** Show the whole floor, above the cards that lie over it. */
  fit() {
    this.view.fit(CARDS_PX);
    this.#fitted = this.#where();
    this.redraw();
  }

  #where() {
    return `${this.view.x} ${this.view.y} ${this.view.scale}`;
  }

  /** Row of the robot at this place of the canvas, CSS pixels; -1 for none. */
  robotAt(px, py) {
    const between = this.scene.between(performance.now());
    if (!between) return -1;
    let best = -1;
    let nearest = Math.max(REACH_PX, this.view.scale * 0.6) ** 2;
    for (let row = 0; row < between.after.x.length; row += 1) {
      const pose = poseOf(between, row, this.scene.world.unitsPerCell);
      const at = this.view.toCanvas(pose.x, pose.y);
      const away = (at.x - px) ** 2 + (at.y - py) ** 2;
      if (away < nearest) [best, nearest] = [row, away];
    }
    return best;
  }

  /** Bring a robot to the middle. @param {number} row */
  goToRobot(row, leastScale = NEAR_SCALE) {
    const between = this.scene.between(performance.now());
    if (!between || row >= between.after.x.length) return;
    const pose = poseOf(between, row, this.scene.world.unitsPerCell);
    this.view.centre(pose.x, pose.y, leastScale);
    this.redraw();
  }

  /** Bring a cell to the middle. @param {number} cell */
  goToCell(cell, leastScale = NEAR_SCALE) {
    const { x, y } = this.scene.world.middleOf(cell);
    this.view.centre(x, y, leastScale);
    this.redraw();
  }

  #resize() {
    const [width, height] = [Math.max(this.holder.clientWidth, 1), Math.max(this.holder.clientHeight, 1)];
    this.#ratio = Math.min(devicePixelRatio || 1, MOST_RATIO, Math.sqrt(MOST_PIXELS / (width * height)));
    for (const canvas of [this.#floor, this.#robots]) {
      canvas.width = Math.round(width * this.#ratio);
      canvas.height = Math.round(height * this.#ratio);
    }
    const untouched = this.#where() === this.#fitted;
    this.view.resize(width, height);
    if (untouched) this.fit();
    this.redraw();
  }

  #frame(now) {
    for (const listener of this.#listeners) listener(now);
    const between = this.scene.between(now);
    if (this.scene.follows && this.scene.chosen >= 0 && between) {
      const pose = poseOf(between, this.scene.chosen, this.scene.world.unitsPerCell);
      if (Math.hypot(pose.x - this.view.x, pose.y - this.view.y) * this.view.scale > 0.5) {
        this.view.centre(pose.x, pose.y);
        this.redraw();
      }
    }
    if (this.#stale) this.#drawFloor();
    this.#drawRobots(between);
    requestAnimationFrame((later) => this.#frame(later));
  }

  #drawFloor() {
    this.#stale = false;
    const context = this.#floor.getContext("2d", { alpha: false });
    const colours = palette();
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    this.#plan.draw(context, this.view, colours);
    this.#heat.draw(context, this.scene, this.view, theme() === "dark");
    drawZones(context, this.scene, this.view);
    this.#plan.drawNames(context, this.view, colours);
  }

  #drawRobots(between) {
    const context = this.#robots.getContext("2d");
    const colours = palette();
    context.setTransform(1, 0, 0, 1, 0, 0);
    if (!between) {
      context.clearRect(0, 0, this.#robots.width, this.#robots.height);
      return;
    }
    const { unitsPerCell } = this.scene.world;
    const loaded = this.scene.duties?.loaded ?? null;
    this.#robotLayer.draw(context, this.view, between, loaded, unitsPerCell, this.#ratio, colours);
    context.setTransform(this.#ratio, 0, 0, this.#ratio, 0, 0);
    if (this.scene.heat) this.#heat.drawSpots(context, this.scene, this.view, colours);
    drawOverlay(context, this.scene, this.view, between, colours);
  }
}
