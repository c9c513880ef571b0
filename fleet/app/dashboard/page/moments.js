/** The last few moments of a fleet, and the two of them that any time lies between. */

/**
 * @typedef {object} Moment
 * @property {number} at when it is shown: milliseconds of the page's clock if live, seconds of the run in a replay
 * @property {number} t seconds on the site's clock, or from the start of the run
 * @property {Uint16Array} x cells times units per cell, and so is y
 * @property {Uint16Array} y
 * @property {Uint8Array} heading 256ths of a turn, clockwise from east
 * @property {Uint8Array} condition
 */

/** @typedef {{before: Moment, after: Moment, share: number}} Between `share` 0 is before, 1 after */

export class Moments {
  /** @type {Moment[]} ascending by `at` */
  #moments = [];

  /** @param {number} keep how many moments are kept; an older one gives its memory to a newer one */
  constructor(keep) {
    this.keep = keep;
  }

  get empty() {
    return this.#moments.length === 0;
  }

  get last() {
    return this.#moments.at(-1);
  }

  /**
   * Take in the next frame of a fleet.
   *
   * @param {import("./frames.js").Frame} frame
   * @param {number} at when it is to be shown, not before the last one
   * @returns {boolean} false for changes to nothing: the first frame has to be of all robots
   */
  take(frame, at) {
    const last = this.last;
    if (!frame.key && !last) return false;
    const robots = frame.key ? frame.count : last.x.length;
    const reused = this.#moments.length >= this.keep ? this.#moments.shift() : null;
    const moment = reused && reused.x.length === robots ? reused : room(robots);
    moment.at = at;
    moment.t = frame.t;
    for (const name of ["x", "y", "heading", "condition"]) {
      const told = frame.columns[name];
      if (frame.key) {
        moment[name].set(told);
      } else {
        const column = moment[name];
        column.set(last[name]);
        for (let place = 0; place < frame.count; place += 1) column[frame.rows[place]] = told[place];
      }
    }
    this.#moments.push(moment);
    return true;
  }

  /**
   * @param {number} at
   * @returns {Between | null} null before the first frame; past either end, that end twice
   */
  between(at) {
    const moments = this.#moments;
    if (moments.length === 0) return null;
    let low = 0;
    let high = moments.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (moments[middle].at <= at) low = middle;
      else high = middle - 1;
    }
    const before = moments[low];
    const after = moments[Math.min(low + 1, moments.length - 1)];
    const span = after.at - before.at;
    const share = span > 0 ? Math.min(Math.max((at - before.at) / span, 0), 1) : 0;
    return { before, after, share };
  }
}

/** @param {number} robots @returns {Moment} */
function room(robots) {
  return {
    at: 0,
    t: 0,
    x: new Uint16Array(robots),
    y: new Uint16Array(robots),
    heading: new Uint8Array(robots),
    condition: new Uint8Array(robots),
  };
}

/**
 * Where a robot is between two moments.
 *
 * @param {Between} between
 * @param {number} row
 * @param {number} units units per cell
 * @returns {{x: number, y: number, heading: number, condition: number}} x, y in cells, heading in 256ths of a turn
 */
export function poseOf({ before, after, share }, row, units) {
  return {
    x: (before.x[row] + (after.x[row] - before.x[row]) * share) / units,
    y: (before.y[row] + (after.y[row] - before.y[row]) * share) / units,
    heading: between256(before.heading[row], after.heading[row], share),
    condition: after.condition[row],
  };
}

/** The shorter way round from one heading to another; 0 to 255, with fractions. */
export function between256(from, to, share) {
  const turn = ((to - from + 384) & 255) - 128;
  return (from + turn * share + 256) % 256;
}
