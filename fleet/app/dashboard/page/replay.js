/** A recorded run, played at any speed. */

import { read, readBytes, segment } from "./api.js";
import { toast } from "./confirm.js";
import { byId } from "./element.js";
import { EVENT_KINDS } from "./event_kinds.js";
import { FloorPage } from "./floor_page.js";
import { decode } from "./frames.js";
import { showZones } from "./lists.js";
import { Playhead } from "./playhead.js";
import { RunEvents } from "./run_events.js";
import { RunFrames } from "./run_frames.js";
import { RunZones } from "./run_zones.js";
import { showState } from "./status_line.js";
import { Transport } from "./transport.js";
import { CONDITIONS, clock, figure } from "./words.js";

// Heat and events are of around now; they are asked for again when so much of a second or of the run has passed.
const AROUND_EVERY_MS = 1000;
const EVENTS_BEFORE_S = 60;
const MOST_EVENTS = 40;
const STEP_S = 10;
const ZONES_WINDOW_S = 1800;

export class Replay {
  /** How its events are listed, see Source. */
  eventList = { kind: "any", none: "Nothing of this kind in the last minute." };
  #heatWanted = true;
  #around = { at: -Infinity, t: NaN };
  #reading = false;
  /** What happened lately, by time. */
  #lately = [];
  #shownAt = -Infinity;
  #last = null;
  bindings = [
    { keys: [" "], shown: "Space", says: "Play or pause", does: () => this.playhead.toggle() },
    { keys: [","], shown: ",", says: `${STEP_S} s back`, does: () => this.playhead.seek(this.playhead.t - STEP_S) },
    { keys: ["."], shown: ".", says: `${STEP_S} s on`, does: () => this.playhead.seek(this.playhead.t + STEP_S) },
    { keys: ["<"], shown: "<", says: "Slower", does: () => this.playhead.changeSpeed(-1) },
    { keys: [">"], shown: ">", says: "Faster", does: () => this.playhead.changeSpeed(1) },
    { keys: ["["], shown: "[", says: "Previous event of the chosen kind", does: () => this.#jump(-1) },
    { keys: ["]"], shown: "]", says: "Next event of the chosen kind", does: () => this.#jump(1) },
  ];

  /**
   * @param {string} name of the run
   * @param {import("./world.js").World} world
   * @param {any} summary of the run, see docs/runs.md
   */
  constructor(name, world, summary) {
    this.name = name;
    const duration = summary.steps * summary.step_s;
    this.playhead = new Playhead(duration);
    this.summary = summary;
    this.frames = new RunFrames(
      { run: name, robots: summary.robots, steps: summary.steps, stepS: summary.step_s },
      (failure) => this.#failed(failure),
    );
    this.events = new RunEvents(name, duration);
    this.zones = new RunZones(world);
    this.page = new FloorPage(world, this);
    this.page.setRoster(Array.from({ length: summary.robots }, (_, row) => String(row)));
    this.page.scene.between = () => this.#between();
    this.page.spotlight.onChange(() => this.#showRobot());
    this.transport = new Transport(byId("transport"), this.playhead, (direction) => this.#jump(direction));
    byId("events").addEventListener("click", (event) => {
      const t = event.target.closest("button.row")?.dataset.t;
      if (t !== undefined) this.playhead.seek(Number(t));
    });
    byId("charts-title").firstChild.textContent = "The whole run, ";
    for (const id of ["zone-actions", "orders-section", "token-button"]) byId(id).hidden = true;
    byId("alerts").closest("section").hidden = true;
    this.page.stage.onFrame((now) => this.#frame(now));
    this.#readOnce();
    this.playhead.toggle();
  }

  heatChanged() {
    this.#heatWanted = true;
  }

  /** Recorded runs know orders by their events only. */
  async findOrder(id) {
    const found = await this.events.next(-1, 1, ({ event, order }) => event === "order_accepted" && order === id);
    if (!found) return false;
    this.playhead.seek(found.t);
    toast(`Order ${id} was accepted at ${clock(found.t)}`);
    return true;
  }

  eventsOf(kind) {
    return this.#lately.filter(EVENT_KINDS[kind].wanted).slice(-MOST_EVENTS).reverse();
  }

  act() {
    toast("A recorded run cannot be changed");
  }

  figures() {
    const { throughput_per_hour: rates, orders } = this.summary;
    return [
      { name: "tasks an hour, whole run", value: figure(rates.tasks) },
      { name: "orders done, whole run", value: figure(orders.done) },
    ];
  }

  #between() {
    // While frames are on their way, the floor stays as it was.
    this.#last = this.frames.between(this.playhead.t) ?? this.#last;
    return this.#last;
  }

  #frame(now) {
    const { playhead } = this;
    playhead.advance(now, this.frames.between(playhead.t) !== null);
    this.transport.show();
    if (now - this.#shownAt > 250) {
      this.#shownAt = now;
      showState("replay", `Replay ${this.name} ${clock(playhead.t)}`);
      this.page.charts.mark(playhead.t);
      this.#showRobot();
      this.#showZones();
    }
    const moved = Math.abs(playhead.t - this.#around.t) > 1 || Number.isNaN(this.#around.t);
    if (this.#reading || now - this.#around.at <= AROUND_EVERY_MS) return;
    if (moved || this.#heatWanted) this.#readAround(now);
  }

  /** The heat of the window that ends now, and what happened lately. */
  async #readAround(now) {
    const { t } = this.playhead;
    const { metric, windowS } = this.page.heat;
    this.#around = { at: now, t };
    this.#heatWanted = false;
    this.#reading = true;
    try {
      if (metric) {
        const window = `from_s=${Math.max(t - windowS, 0)}&to_s=${Math.max(t, this.summary.step_s)}`;
        this.page.takeHeat(decode(await readBytes(`runs/${segment(this.name)}/heat?metric=${metric}&${window}`)));
      }
      this.#lately = await this.events.within(t - EVENTS_BEFORE_S, t);
      this.page.showEvents();
    } catch (failure) {
      this.#failed(failure);
    } finally {
      this.#reading = false;
    }
  }

  async #readOnce() {
    try {
      this.page.charts.show(await read(`runs/${segment(this.name)}/samples`));
      // A window at a time: a shift has more events than a page should hold.
      for (let from = 0; from < this.playhead.duration; from += ZONES_WINDOW_S) {
        const events = await this.events.within(from, from + ZONES_WINDOW_S);
        this.zones.take(events.filter(({ t }) => t < from + ZONES_WINDOW_S));
      }
    } catch (failure) {
      this.#failed(failure);
    }
  }

  #showZones() {
    const { scene, stage } = this.page;
    const zones = this.zones.at(this.playhead.t);
    showZones(byId("zones"), byId("zones-count"), zones, this.playhead.t, false);
    const same = zones.length === scene.zones.length && zones.every(({ id }, place) => id === scene.zones[place].id);
    if (same) return;
    scene.zones = zones;
    stage.redraw();
  }

  #showRobot() {
    const { scene, panel, spotlight, world } = this.page;
    const between = this.#between();
    const around = { follows: scene.follows, actions: [], note: "" };
    if (scene.chosen < 0 || !between) {
      panel.show(null, around);
      return;
    }
    const { x, y, condition } = between.after;
    const row = scene.chosen;
    const cell = Math.floor(y[row] / world.unitsPerCell) * world.width + Math.floor(x[row] / world.unitsPerCell);
    panel.show({ robot: spotlight.serial, condition: CONDITIONS[condition[row]], place: world.nameOf(cell) }, around);
  }

  async #jump(direction) {
    const { words, wanted } = EVENT_KINDS[this.transport.kind.value];
    try {
      const found = await this.events.next(this.playhead.t, direction, wanted);
      if (!found) {
        toast(`There is no ${direction > 0 ? "later" : "earlier"} event of this kind: ${words}`);
        return;
      }
      this.playhead.seek(found.t);
      this.page.goTo({ robot: found.robots?.[0] ?? found.robot, cell: found.cell });
    } catch (failure) {
      this.#failed(failure);
    }
  }

  #failed(failure) {
    toast(failure.message);
  }
}
