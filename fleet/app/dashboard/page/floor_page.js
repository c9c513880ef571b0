/** What live floors and replays share: the floor under hands and keys, the chosen robot, heat, and finding robots. */

import { byId, element } from "./element.js";
import { kindSelect } from "./event_kinds.js";
import { count, figuresOf, Legend, showFigures } from "./figures.js";
import { Gestures } from "./gestures.js";
import { METRICS } from "./heat.js";
import { HeatControl } from "./heat_control.js";
import { showHelp } from "./help.js";
import { listen } from "./keys.js";
import { showEvents, showSpots } from "./lists.js";
import { RobotPanel } from "./robot_panel.js";
import { Scene } from "./scene.js";
import { Spotlight } from "./spotlight.js";
import { Stage } from "./stage.js";
import { switchTheme } from "./theme.js";
import { toast } from "./confirm.js";
import { Charts } from "./charts.js";

const PAN_PX = 80;
const ZOOM = 1.3;
const FIGURES_EVERY_MS = 500;

/**
 * @typedef {object} Source what a live floor and a replay do each in their own way
 * @property {() => void} heatChanged another metric or window of heat is wanted
 * @property {(text: string) => Promise<boolean>} findOrder whether there is one, and it is shown; throws if that
 *   cannot be found out
 * @property {(action: string, serial: string) => void} act on a robot
 * @property {import("./keys.js").Binding[]} bindings keys of its own
 * @property {() => {name: string, value: string, hot?: boolean}[]} figures besides those of robots
 * @property {{kind: string, none: string}} eventList the kind that is listed at first, and what to say if there are none
 * @property {(kind: string) => any[]} eventsOf events of a kind of event_kinds.js, newest first
 */

export class FloorPage {
  #figuresAt = 0;

  /**
   * @param {import("./world.js").World} world
   * @param {Source} source
   */
  constructor(world, source) {
    this.world = world;
    this.source = source;
    this.scene = new Scene(world);
    this.stage = new Stage(byId("canvases"), this.scene);
    this.spotlight = new Spotlight(this.scene, this.stage);
    this.charts = new Charts(byId("charts"), byId("charts-span"));
    this.legend = new Legend(byId("legend"));
    this.panel = new RobotPanel(byId("robot"), {
      choose: (serial) => this.spotlight.chooseByName(serial),
      leave: () => this.spotlight.choose(-1),
      follow: () => this.#follow(),
      goTo: (cell) => this.#leaveFollowing(() => this.stage.goToCell(cell)),
      act: (action, serial) => this.source.act(action, serial),
    });
    const parts = Object.fromEntries(
      ["choices", "scale", "colours", "unit", "top", "window"].map((name) => [name, byId(`heat-${name}`)]),
    );
    this.heat = new HeatControl(this.scene, /** @type {any} */ (parts), () => this.#heatChanged());
    this.hands = new Gestures(byId("canvases"), this.stage, {
      tap: (px, py) => this.spotlight.choose(this.stage.robotAt(px, py)),
      moved: () => this.scene.follows && this.spotlight.follow(false),
      draw: (block, done) => this.#draw(block, done),
    });
    this.eventKind = kindSelect("event-kind", "Kind of events that are listed", source.eventList.kind);
    byId("events-title").after(this.eventKind);
    this.#listen();
    byId("world").textContent = world.name;
    document.title = `${world.name} – futurepark`;
    this.stage.onFrame((now) => this.#showFigures(now));
  }

  /** Let somebody draw a block of cells. @param {(block: import("./extent.js").Block) => void} then */
  drawBlock(then) {
    this.hands.drawing = true;
    this.afterDrawing = then;
    byId("canvases").classList.add("drawing");
    toast("Drag over the floor from one corner of the block to the other");
  }

  /** Take in a HEAT frame. @param {import("./frames.js").Frame} frame */
  takeHeat(frame) {
    if (!this.heat.take(frame)) return;
    showSpots(byId("spots"), this.scene.spots, this.world, this.heat.metric);
    this.stage.redraw();
  }

  /** List what happened, of the kind that is chosen. */
  showEvents() {
    showEvents(byId("events"), this.source.eventsOf(this.eventKind.value), this.scene.roster, this.source.eventList.none);
  }

  /** Begin anew with these robots; one that is among them stays the chosen one. @param {string[]} roster by row */
  setRoster(roster) {
    const { serial } = this.spotlight;
    this.scene.roster = roster;
    this.scene.duties = null;
    this.scene.alerted = new Set();
    this.spotlight.choose(serial ? roster.indexOf(serial) : -1);
    byId("find-names").replaceChildren(...roster.slice(0, 2000).map((name) => element("option", { value: name })));
  }

  /** Go to where an entry of a list beside the floor is: its robot, or its cell. */
  goTo({ robot, cell }) {
    if (robot !== undefined && robot !== "" && this.spotlight.chooseByName(String(robot))) return;
    if (cell !== undefined && cell !== "") this.#leaveFollowing(() => this.stage.goToCell(Number(cell)));
  }

  #leaveFollowing(then) {
    this.scene.follows = false;
    then();
  }

  #heatChanged() {
    byId("spots-section").hidden = this.heat.metric === "";
    byId("spots-title").textContent = METRICS[this.heat.metric]?.worst ?? "";
    // Until the first heat of this kind is there.
    if (this.heat.metric && !this.scene.heat) showSpots(byId("spots"), null, this.world, this.heat.metric);
    this.stage.redraw();
    this.source.heatChanged();
  }

  #draw(block, done) {
    this.scene.drawn = block;
    this.stage.redraw();
    if (!done) return;
    byId("canvases").classList.remove("drawing");
    this.afterDrawing?.(block);
    this.scene.drawn = null;
  }

  #showFigures(now) {
    if (now - this.#figuresAt < FIGURES_EVERY_MS) return;
    this.#figuresAt = now;
    const between = this.scene.between(now);
    if (!between) return;
    const counts = count(between.after.condition);
    showFigures(byId("figures"), [...figuresOf(counts), ...this.source.figures()]);
    this.legend.show(counts);
  }

  #listen() {
    byId("zoom-in").addEventListener("click", () => this.#zoom(ZOOM));
    byId("zoom-out").addEventListener("click", () => this.#zoom(1 / ZOOM));
    byId("zoom-fit").addEventListener("click", () => this.#fit());
    byId("theme-button").addEventListener("click", switchTheme);
    byId("help-button").addEventListener("click", () => showHelp(this.#bindings()));
    byId("find").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#find(byId("find-text").value.trim());
    });
    for (const list of ["spots", "events"]) {
      byId(list).addEventListener("click", (event) => {
        const row = /** @type {HTMLElement} */ (event.target).closest("button.row");
        if (row) this.goTo(/** @type {any} */ (row).dataset);
      });
    }
    this.eventKind.addEventListener("change", () => this.showEvents());
    listen(this.#bindings());
  }

  async #find(text) {
    if (!text) return;
    byId("find-text").blur();
    const close = this.scene.roster.find((name) => name.toLowerCase() === text.toLowerCase());
    if (close !== undefined) {
      this.spotlight.chooseByName(close);
      return;
    }
    try {
      if (!(await this.source.findOrder(text))) toast(`There is no robot and no order ${text}`);
    } catch (failure) {
      toast(failure.message);
    }
  }

  #follow() {
    this.spotlight.follow(!this.scene.follows);
  }

  #zoom(factor) {
    this.stage.view.zoom(factor);
    this.stage.redraw();
  }

  #fit() {
    this.#leaveFollowing(() => this.stage.fit());
  }

  #pan(dx, dy) {
    this.#leaveFollowing(() => this.stage.view.pan(dx, dy));
    this.stage.redraw();
  }

  /** @returns {import("./keys.js").Binding[]} */
  #bindings() {
    return [
      { keys: ["ArrowLeft"], shown: "←", says: "Move west", does: () => this.#pan(PAN_PX, 0) },
      { keys: ["ArrowRight"], shown: "→", says: "Move east", does: () => this.#pan(-PAN_PX, 0) },
      { keys: ["ArrowUp"], shown: "↑", says: "Move north", does: () => this.#pan(0, PAN_PX) },
      { keys: ["ArrowDown"], shown: "↓", says: "Move south", does: () => this.#pan(0, -PAN_PX) },
      { keys: ["+", "="], shown: "+", says: "Zoom in", does: () => this.#zoom(ZOOM) },
      { keys: ["-", "_"], shown: "-", says: "Zoom out", does: () => this.#zoom(1 / ZOOM) },
      { keys: ["0"], shown: "0", says: "Whole floor", does: () => this.#fit() },
      { keys: ["/"], shown: "/", says: "Find a robot or an order", does: () => byId("find-text").focus() },
      { keys: ["n"], shown: "n", says: "Next robot", does: () => this.spotlight.step(1) },
      { keys: ["p"], shown: "p", says: "Previous robot", does: () => this.spotlight.step(-1) },
      { keys: ["f"], shown: "f", says: "Follow the chosen robot, or stop", does: () => this.#follow() },
      { keys: ["Escape"], shown: "Esc", says: "Choose no robot", does: () => this.spotlight.choose(-1) },
      { keys: ["h"], shown: "h", says: "Next heat: off, delay, waits, visits", does: () => this.heat.next() },
      { keys: ["t"], shown: "t", says: "Dark or light", does: switchTheme },
      ...this.source.bindings,
      { keys: ["?"], shown: "?", says: "This help", does: () => showHelp(this.#bindings()) },
    ];
  }
}
