/** A floor that runs now. */

import { read, segment } from "./api.js";
import { ask } from "./confirm.js";
import { byId, element } from "./element.js";
import { EVENT_KINDS } from "./event_kinds.js";
import { extentOf, middleOf } from "./extent.js";
import { FloorPage } from "./floor_page.js";
import { showAlerts, showZones } from "./lists.js";
import { LiveLink } from "./live_link.js";
import { Moments } from "./moments.js";
import { addOrder, cancelOrder } from "./order_actions.js";
import { showOrder } from "./order_panel.js";
import { Pacing } from "./pacing.js";
import { actionsFor, actOnRobot } from "./robot_actions.js";
import { SignIn } from "./sign_in.js";
import { showState } from "./status_line.js";
import { CONDITIONS, clock, figure, plain, span, WAITS } from "./words.js";
import { confirmClear, openZone, requestClear, restrict, stopFloor } from "./zone_actions.js";
import { NOBODY } from "./frames.js";

const MOMENTS = 8;
const MOST_EVENTS = 40;
// The controller is taken for silent after this long.
const SILENT_S = 3;
// The site's clock is told once a second; one that is told so often without going on stands.
const STANDS_MS = 5000;
// Seconds in a frame are one byte: so many, or more.
const MOST_WAITED_S = 255;
const UNAUTHORISED = 401;
const UNKNOWN = 404;
const NEEDS_TOKEN = "Acting needs an operator's token: sign in.";

/** What ends a restriction, by what its button in the list does. */
const ENDINGS = {
  open: openZone,
  request: requestClear,
  confirm: confirmClear,
  resume: ({ robot }) => actOnRobot("resume", robot),
  into_service: ({ robot }) => actOnRobot("into_service", robot),
};

export class Live {
  /** How its events are listed, see Source. */
  eventList = { kind: "news", none: "Nothing yet." };
  #moments = new Moments(MOMENTS);
  #pacing = new Pacing(10);
  #site = null;
  /** The site's clock as it was told last, and since when that is so on the page's. */
  #clock = { s: NaN, since: 0 };
  #alerts = [];
  #spoken = new Set();
  /** @type {Record<string, any[]>} the last ones of each kind, newest first */
  #events = {};
  #robot = null;
  #connected = false;
  bindings = [
    { keys: ["a"], shown: "a", says: "Go to the first alert", does: () => this.#goToAlert(this.#alerts[0]) },
    { keys: ["c"], shown: "c", says: "Close, slow or stop a zone", does: () => this.#restrictZone() },
    { keys: ["r"], shown: "r", says: "Draw a block of cells to close, slow or stop", does: () => this.#drawBlock() },
    { keys: ["!"], shown: "!", says: "Emergency stop of the whole floor", does: () => this.#act(stopFloor()) },
  ];

  /** @param {import("./world.js").World} world */
  constructor(world) {
    this.page = new FloorPage(world, this);
    this.page.scene.between = (now) => this.#moments.between(now);
    this.page.spotlight.onChange(() => this.#chosen());
    this.link = new LiveLink({
      fleet: (frame) => this.#moments.take(frame, this.#pacing.due(performance.now())),
      duties: (frame) => this.#takeDuties(frame),
      heat: (frame) => this.page.takeHeat(frame),
      told: (message) => this.#told(message),
      lost: (retryMs) => this.#lost(retryMs),
    });
    this.signIn = new SignIn(byId("token-button"), () => this.link.connect());
    this.#makeButtons();
    this.heatChanged();
    this.link.connect();
  }

  heatChanged() {
    this.link?.watch({ heat: this.page.heat.metric, window_s: this.page.heat.windowS });
  }

  act(action, serial) {
    this.#act(actOnRobot(/** @type {any} */ (action), serial));
  }

  eventsOf(kind) {
    return this.#events[kind] ?? [];
  }

  async findOrder(id) {
    let found;
    try {
      found = await read(`orders/${segment(id)}`);
    } catch (failure) {
      if (failure.status === UNKNOWN) return false;
      throw failure;
    }
    showOrder(byId("order"), found, this.#site?.site_s ?? 0, {
      choose: (serial) => this.page.spotlight.chooseByName(serial),
      cancel: (order) => this.#act(cancelOrder(order)),
    });
    const busy = found.tasks.find((task) => task.robot && task.status === "assigned");
    if (busy) this.page.spotlight.chooseByName(busy.robot);
    return true;
  }

  figures() {
    const { counts, late_tasks: late = 0 } = this.#site ?? {};
    return [
      { name: "tasks an hour", value: figure(this.page.charts.latest?.tasks_per_hour ?? 0) },
      { name: "open orders", value: figure(counts?.orders?.open ?? 0) },
      { name: "late tasks", value: figure(late), hot: late > 0 },
    ];
  }

  /** Restrictions in force. */
  get #zones() {
    return this.#site?.zones ?? [];
  }

  #told(message) {
    if (message.kind === "hello") this.#begin(message);
    else if (message.kind === "site") this.#takeSite(message);
    else if (message.kind === "events") this.#takeEvents(message.events);
    else if (message.kind === "robot") this.#takeRobot(message.robot);
  }

  /** Nothing holds any more of what was told before. */
  #begin({ robots, may_act: mayAct, user, rate_hz: rateHz, samples = [] }) {
    // Behind the same address there may be another floor by now.
    if (this.#connected) this.#checkWorld();
    this.#connected = true;
    this.#pacing = new Pacing(rateHz);
    this.#moments = new Moments(MOMENTS);
    this.#events = {};
    this.page.setRoster(robots);
    this.page.showEvents();
    this.page.charts.show(samples);
    this.signIn.told(mayAct, user);
    this.#showRobot();
  }

  #takeEvents(events) {
    const news = [...events].reverse();
    for (const [kind, { wanted }] of Object.entries(EVENT_KINDS)) {
      this.#events[kind] = [...news.filter(wanted), ...this.eventsOf(kind)].slice(0, MOST_EVENTS);
    }
    this.page.showEvents();
  }

  async #checkWorld() {
    const { name, kinds } = await read("world").catch(() => this.page.world.view);
    if (name !== this.page.world.name || kinds !== this.page.world.view.kinds) location.reload();
  }

  #takeSite({ site, alerts, silent_s: silentS, trouble = "", sample }) {
    const { scene } = this.page;
    this.#site = site ?? this.#site;
    this.#alerts = alerts ?? [];
    this.#showState(site, silentS, trouble);
    if (sample) this.page.charts.add(sample);
    if (!this.#site) return;
    const now = this.#site.site_s + silentS;
    const zones = this.#zones;
    showAlerts(byId("alerts"), byId("alerts-count"), this.#alerts, now);
    showZones(byId("zones"), byId("zones-count"), zones, now, true);
    scene.zones = zones.map((zone) => ({
      kind: zone.kind,
      label: `${plain(zone.kind)}${zone.limit_mps ? ` ${zone.limit_mps} m/s` : ""}: ${zone.place}`,
      ...extentOf(zone.place, this.page.world),
    }));
    const alerted = this.#alerts.flatMap((alert) => alert.robots ?? []);
    scene.alerted = new Set(alerted.map((name) => scene.roster.indexOf(name)).filter((row) => row >= 0));
    this.#speak();
    this.#showRobot();
    this.page.stage.redraw();
  }

  #showState(site, silentS, trouble) {
    if (silentS > SILENT_S || trouble || !site) {
      const words = trouble || `nothing has been heard of it for ${span(silentS)}`;
      const banner = `The controller is silent: ${words}. What you see is how things were then.`;
      showState("silent", "Controller silent", banner);
      return;
    }
    const now = performance.now();
    if (site.site_s !== this.#clock.s) this.#clock = { s: site.site_s, since: now };
    if (now - this.#clock.since < STANDS_MS) {
      showState("live", `Live ${clock(site.site_s)}`);
    } else {
      const banner = "The clock of this floor stands still: the run is over, or it goes on very slowly.";
      showState("stands", `Stands at ${clock(site.site_s)}`, banner);
    }
  }

  /** Read new alerts out, each once. */
  #speak() {
    const news = this.#alerts.filter(({ key }) => !this.#spoken.has(key));
    this.#spoken = new Set(this.#alerts.map(({ key }) => key));
    if (news.length === 0) return;
    byId("spoken").textContent = news.map(({ kind, text }) => `Alert, ${plain(kind)}: ${text}`).join(". ");
  }

  #takeDuties(frame) {
    this.page.scene.takeDuties(frame);
    this.#showRobot();
  }

  #takeRobot(robot) {
    if (robot && robot.robot !== this.page.spotlight.serial) return;
    this.#robot = robot;
    const { granted = [], planned = [], goal = -1 } = robot ?? {};
    this.page.scene.path = robot && { granted, planned, goal };
    this.#showRobot();
  }

  #chosen() {
    const { serial } = this.page.spotlight;
    if (this.#robot?.robot !== serial) this.#robot = null;
    this.link.watch({ robot: serial });
    this.#showRobot();
  }

  /** What the server said of the robot, or, before it did, what frames have of it. */
  #showRobot() {
    const { scene, spotlight, panel, world } = this.page;
    const { serial } = spotlight;
    const between = this.#moments.between(performance.now());
    const row = scene.chosen;
    const around = {
      follows: scene.follows,
      actions: actionsFor(serial, this.#zones),
      note: this.signIn.mayAct ? "" : NEEDS_TOKEN,
    };
    const known = row >= 0 && between && row < between.after.x.length;
    if (!known) {
      panel.show(null, around);
      return;
    }
    const { x, y, condition } = between.after;
    const cell = Math.floor(y[row] / world.unitsPerCell) * world.width + Math.floor(x[row] / world.unitsPerCell);
    const { duties } = scene;
    const [waited, charge, loaded] = ["waited", "charge", "loaded"].map((name) => duties?.[name][row]);
    const waitsFor = duties?.waits_for[row] ?? NOBODY;
    const seen = {
      robot: serial,
      place: world.nameOf(cell),
      wait: WAITS[duties?.wait[row] ?? 0],
      waits_for: waitsFor === NOBODY ? "" : scene.roster[waitsFor],
      why: [],
    };
    panel.show(
      {
        ...seen,
        ...this.#robot,
        condition: CONDITIONS[condition[row]],
        ...(duties && { waited_s: this.#waited(waited), charge_percent: charge, loaded: loaded === 1 }),
      },
      around,
    );
  }

  /** For how long the chosen robot has waited, by what a frame has of it. */
  #waited(told) {
    return told < MOST_WAITED_S ? told : Math.max(MOST_WAITED_S, Math.round(this.#robot?.waited_s ?? 0));
  }

  async #lost(retryMs) {
    const why = this.#connected ? "The connection is lost" : "There is no connection";
    showState("lost", "Reconnecting", `${why}. The page tries again in ${span(Math.max(retryMs / 1000, 1))}.`);
    // A websocket that is refused does not say why; a request does.
    const failure = await read("health").catch((refusal) => refusal);
    if (failure.status === UNAUTHORISED) showState("lost", "Not let in", failure.message);
  }

  /** @param {import("./confirm.js").Question} question */
  #act(question) {
    if (this.signIn.mayAct) ask(question);
    else this.signIn.ask();
  }

  #restrictZone() {
    this.#act(restrict(this.page.world, null));
  }

  #drawBlock() {
    if (!this.signIn.mayAct) this.signIn.ask();
    else this.page.drawBlock((block) => this.#act(restrict(this.page.world, block)));
  }

  #goToAlert(alert) {
    if (!alert) return;
    const zone = this.#zones.find(({ id }) => alert.key === `zone:${id}`);
    const [block] = zone ? extentOf(zone.place, this.page.world).blocks : [];
    const cell = block && middleOf(block, this.page.world);
    this.page.goTo({ robot: alert.robots?.[0], cell: alert.cells?.[0] ?? cell });
  }

  #makeButtons() {
    const button = (id, words, onclick, look = "") =>
      element("button", { type: "button", id, class: look, onclick }, words);
    byId("zone-actions").append(
      button("restrict-zone", "Close or slow a zone …", () => this.#restrictZone()),
      button("restrict-block", "Draw a block …", () => this.#drawBlock()),
      button("stop-floor", "Emergency stop", () => this.#act(stopFloor()), "danger"),
    );
    byId("order-actions").append(
      button("add-order", "Add an order …", () => this.#act(addOrder())),
      button("cancel-order", "Cancel an order …", () => this.#act(cancelOrder())),
    );
    byId("alerts").addEventListener("click", (event) => {
      const key = event.target.closest("[data-alert]")?.dataset.alert;
      this.#goToAlert(this.#alerts.find((alert) => alert.key === key));
    });
    byId("zones").addEventListener("click", (event) => {
      const { zone: id, does } = event.target.closest("[data-zone]")?.dataset ?? {};
      const zone = this.#zones.find((other) => String(other.id) === id);
      if (zone) this.#act(ENDINGS[does](zone));
    });
  }
}
