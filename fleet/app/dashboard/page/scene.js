/** Everything that is seen on the floor at the moment; the stage draws it, sources and panels change it. */

import { NOBODY } from "./frames.js";

/** @typedef {Record<string, Uint8Array> & {waits_for: Uint16Array}} Duties columns of DUTIES frames, by row */

/**
 * @typedef {object} ZoneShown
 * @property {string} kind as in docs/zones.md
 * @property {string} label a few words
 * @property {import("./extent.js").Block[]} blocks
 * @property {boolean} whole whether it is the whole floor
 */

export class Scene {
  /** @type {string[]} serials by row */
  roster = [];
  /** @type {(now: number) => import("./moments.js").Between | null} where robots are at a time of the page's clock */
  between = () => null;
  /** @type {Duties | null} null where nothing is known of what robots are about */
  duties = null;
  /** @type {import("./heat.js").Heat | null} */
  heat = null;
  /** Where the colours of heat end. */
  heatTop = 1;
  /** @type {{row: number, column: number}[]} worst first */
  spots = [];
  /** @type {ZoneShown[]} */
  zones = [];
  /** Row of the chosen robot, -1 for none. */
  chosen = -1;
  /** Whether the floor moves with the chosen robot. */
  follows = false;
  /** @type {{granted: number[], planned: number[], goal: number} | null} what the chosen robot is about to do */
  path = null;
  /** @type {import("./extent.js").Block | null} what somebody is drawing or has drawn */
  drawn = null;
  /** @type {Set<number>} rows of robots that an alert is about */
  alerted = new Set();

  /** @param {import("./world.js").World} world */
  constructor(world) {
    this.world = world;
  }

  /** Take in a DUTIES frame. @param {import("./frames.js").Frame} frame */
  takeDuties(frame) {
    if (frame.key) {
      this.duties = /** @type {any} */ (
        Object.fromEntries(Object.entries(frame.columns).map(([name, column]) => [name, column.slice()]))
      );
    } else if (this.duties) {
      for (const [name, told] of Object.entries(frame.columns)) {
        const column = this.duties[name];
        for (let place = 0; place < frame.count; place += 1) column[frame.rows[place]] = told[place];
      }
    }
  }

  /**
   * Rows of robots that wait for one another, from the chosen one on; the last one waits for nobody, or is in the chain
   * already: then it is a ring.
   *
   * @returns {number[]}
   */
  chain() {
    const rows = [];
    for (let row = this.chosen; row >= 0 && row !== NOBODY; row = this.duties ? this.duties.waits_for[row] : NOBODY) {
      const again = rows.includes(row);
      rows.push(row);
      if (again) break;
    }
    return rows;
  }
}
