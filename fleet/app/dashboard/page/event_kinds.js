/** Kinds of events of docs/runs.md, in groups that people look for. */

import { element } from "./element.js";

// What happens all the time is no news for people.
const ROUTINE = new Set([
  "task_assigned", "task_released", "task_created", "errand_done", "task_done", "charger_reserved", "charger_left",
  "order_accepted", "order_done", "task_refused",
]);

const oneOf = (...kinds) => ({ event }) => kinds.includes(event);

/** @type {Readonly<Record<string, {words: string, wanted: (event: any) => boolean}>>} by name */
export const EVENT_KINDS = Object.freeze({
  trouble: {
    words: "trouble",
    wanted: oneOf(
      "robot_down", "robot_lost", "task_failed", "task_stranded", "quarantine", "charger_failed", "deadlock_suspected",
      "livelock_suspected",
    ),
  },
  zones: {
    words: "zones",
    wanted: oneOf(
      "zone_closed", "zone_slowed", "zone_one_way", "zone_opened", "zone_expired", "person_in_zone", "e_stop",
      "fire_alarm", "clear_confirmed", "robot_paused", "robot_out_of_service",
    ),
  },
  done: { words: "order done", wanted: oneOf("order_done") },
  late: { words: "late order", wanted: ({ event, late_s: lateS }) => event === "order_done" && lateS > 0 },
  charge: { words: "charging", wanted: oneOf("charger_reserved") },
  news: { words: "all but routine", wanted: ({ event }) => !ROUTINE.has(event) },
  any: { words: "any event", wanted: () => true },
});

/** A list of the kinds to choose one of. @param {string} id @param {string} label @param {string} chosen at first */
export function kindSelect(id, label, chosen) {
  const options = Object.entries(EVENT_KINDS).map(([name, { words }]) => element("option", { value: name }, words));
  const select = element("select", { id, "aria-label": label }, ...options);
  select.value = chosen;
  return select;
}
