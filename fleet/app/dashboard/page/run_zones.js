/** What was restricted at any moment of a recorded run, from its events alone. */

import { blocksOf } from "./extent.js";
import { plain } from "./words.js";

const MAKES = new Set([
  "zone_closed", "zone_slowed", "zone_one_way", "person_in_zone", "e_stop", "fire_alarm", "quarantine",
  "robot_paused", "robot_out_of_service",
]);
const ENDS = new Set(["zone_opened", "zone_expired", "clear_confirmed"]);

export class RunZones {
  /** @type {any[]} records that make or end a restriction, by time */
  #records = [];

  /** @param {import("./world.js").World} world */
  constructor(world) {
    this.world = world;
  }

  /** @param {any[]} events later than all before */
  take(events) {
    this.#records.push(...events.filter(({ event }) => MAKES.has(event) || ENDS.has(event)));
  }

  /**
   * What was in force.
   *
   * @param {number} t seconds from the start of the run
   * @returns {any[]} records that made it, as the site would tell them: with since_s, until_s and blocks
   */
  at(t) {
    const open = new Map();
    for (const record of this.#records) {
      if (record.t > t) break;
      if (ENDS.has(record.event)) open.delete(record.id);
      else open.set(record.id, record);
    }
    return [...open.values()].map((record) => ({
      ...record,
      since_s: record.t,
      until_s: record.until,
      robot: "",
      blocks: blocksOf(record.cells ?? [], this.world.width),
      whole: false,
      label: `${plain(record.kind)}: ${record.place}`,
    }));
  }
}
