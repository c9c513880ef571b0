/** Lists beside the floor: alerts, worst spots, zones in force, and what happened. A click goes there. */

import { element, refill } from "./element.js";
import { METRICS } from "./heat.js";
import { clock, figure, plain, span } from "./words.js";

// What ends a restriction of a robot, and how its button says so.
const ENDS_OF_ROBOTS = { pause: ["resume", "Resume"], out_of_service: ["into_service", "Into service"] };

const none = (words) => element("li", { class: "none" }, words);

/**
 * @param {HTMLElement} holder @param {HTMLElement} count
 * @param {any[]} alerts of the server
 * @param {number} now seconds on the site's clock
 */
export function showAlerts(holder, count, alerts, now) {
  count.textContent = String(alerts.length);
  count.classList.toggle("some", alerts.length > 0);
  const rows = alerts.map((alert) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "row alert", "data-alert": alert.key },
        element("span", {}, element("b", {}, plain(alert.kind)), ` ${alert.text}`),
        element("span", { class: "tag" }, span(now - alert.since_s)),
      ),
    ),
  );
  refill(holder, ...(rows.length > 0 ? rows : [none("Nothing that somebody ought to look at.")]));
}

/**
 * @param {HTMLElement} holder
 * @param {{row: number, column: number, sum: number, share: number}[] | null} spots null if they are not known yet
 * @param {import("./world.js").World} world
 * @param {string} metric
 */
export function showSpots(holder, spots, world, metric) {
  const unit = METRICS[metric].unit;
  const rows = (spots ?? []).map((spot, place) =>
    element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "row", "data-cell": spot.row * world.width + spot.column },
        element("span", { class: "rank" }, String(place + 1)),
        element(
          "span",
          {},
          world.nameOf(spot.row * world.width + spot.column),
          element("br"),
          element("small", {}, `${figure(spot.sum)} ${unit}`),
        ),
        element("span", { class: "tag" }, `${figure(100 * spot.share)} %`),
      ),
    ),
  );
  refill(holder, ...(rows.length > 0 ? rows : [none(spots ? "Nowhere so far." : "…")]));
}

/**
 * @param {HTMLElement} holder @param {HTMLElement} count
 * @param {any[]} zones ZoneInForce of the server
 * @param {number} now seconds on the site's clock
 * @param {boolean} mayAct whether they can be ended from here
 */
export function showZones(holder, count, zones, now, mayAct) {
  count.textContent = String(zones.length);
  const rows = zones.map((zone) => {
    const guarded = ["person", "e_stop", "fire", "quarantine"].includes(zone.kind);
    const step = zone.clear_requested_by ? ["confirm", "Clear"] : ["request", "Request clearing"];
    const does = guarded ? step : ENDS_OF_ROBOTS[zone.kind] ?? ["open", "Open"];
    const ends = zone.until_s === undefined || zone.until_s === null ? "" : `, ${span(zone.until_s - now)} left`;
    const by = zone.by ? `by ${zone.by}` : "";
    const small = `${by}${zone.limit_mps ? `, ${zone.limit_mps} m/s` : ""}${ends}`;
    return element(
      "li",
      { class: "zone" },
      element(
        "span",
        { class: "what" },
        element("b", {}, `${plain(zone.kind)} `),
        zone.robot || zone.place,
        element("br"),
        element("small", {}, small.replace(/^, /, "")),
      ),
      mayAct && element("button", { type: "button", "data-zone": zone.id, "data-does": does[0] }, does[1]),
    );
  });
  refill(holder, ...(rows.length > 0 ? rows : [none("None.")]));
}

/**
 * @param {HTMLElement} holder
 * @param {any[]} events records of docs/runs.md, newest first
 * @param {string[]} roster serials by row
 * @param {string} words what to say if there are none
 */
export function showEvents(holder, events, roster, words) {
  const rows = events.map((event) => {
    const { t, event: kind, order, place, task } = event;
    const [robot, ...others] = (event.robots ?? [event.robot]).filter((row) => row >= 0).map((row) => roster[row] ?? row);
    const robots = [`robot ${robot}`, ...others].join(", ");
    const about = [place, order && `order ${order}`, robot !== undefined && !place ? robots : "",
      task >= 0 && !order ? `task ${task}` : ""].filter(Boolean);
    return element(
      "li",
      {},
      element(
        "button",
        { type: "button", class: "row", "data-t": t, "data-robot": robot ?? "", "data-cell": event.cell ?? "" },
        element("span", {}, element("b", {}, plain(kind)), ` ${about.slice(0, 2).join(", ")}`),
        element("span", { class: "tag" }, clock(t)),
      ),
    );
  });
  refill(holder, ...(rows.length > 0 ? rows : [none(words)]));
}
