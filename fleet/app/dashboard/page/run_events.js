/** Events of a recorded run: those around now, and the next one of a kind, read a window at a time. */

import { read, segment } from "./api.js";

const FIRST_WINDOW_S = 60;
// As in fleet/app/dashboard/recorded_run.py: an answer ends with all events of a moment.
const MOMENT_S = 1e-6;
const LONGEST_WINDOW_S = 1800;

export class RunEvents {
  /** @param {string} run @param {number} duration seconds */
  constructor(run, duration) {
    this.run = run;
    this.duration = duration;
  }

  /** @returns {Promise<any[]>} records of docs/runs.md, by time */
  async within(fromS, toS) {
    const found = [];
    let from = Math.max(fromS, 0);
    for (;;) {
      const { events, more } = await read(`runs/${segment(this.run)}/events?from_s=${from}&to_s=${Math.max(toS, 0)}`);
      for (const event of events) found.push(event);
      if (!more) return found;
      from = events.at(-1).t + MOMENT_S;
    }
  }

  /**
   * The next event after a moment, or the last one before it.
   *
   * @param {number} t seconds
   * @param {1 | -1} direction
   * @param {(event: any) => boolean} wanted
   * @returns {Promise<any>} null if there is none up to the end of the run, or its start
   */
  async next(t, direction, wanted) {
    let edge = t;
    for (let window = FIRST_WINDOW_S; ; window = Math.min(2 * window, LONGEST_WINDOW_S)) {
      const far = edge + direction * window;
      const events = await this.within(Math.min(edge, far), Math.max(edge, far));
      const beyond = events.filter((event) => (event.t - t) * direction > 1e-6 && wanted(event));
      if (beyond.length > 0) return direction > 0 ? beyond[0] : beyond.at(-1);
      if (far <= 0 || far >= this.duration) return null;
      edge = far;
    }
  }
}
