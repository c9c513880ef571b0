/** When frames that arrive from a network are shown, so that robots move evenly although frames do not come evenly. */

// Half a period in hand bridges a frame that comes late; more would be seen as delay.
const IN_HAND = 1.5;
const LEAST_IN_HAND = 0.5;
const MOST_IN_HAND = 3;
// Shares by which the period and the delay follow what arrives.
const PERIOD_GAIN = 0.05;
const DELAY_GAIN = 0.1;
const MOST_PERIOD_MS = 2000;

export class Pacing {
  #last = NaN;
  #due = NaN;

  /** @param {number} rateHz frames a second that are expected */
  constructor(rateHz) {
    this.periodMs = 1000 / rateHz;
  }

  /**
   * When to show the frame that has just arrived: about one and a half periods from now.
   *
   * @param {number} now milliseconds
   * @returns {number} milliseconds, later than for the frame before
   */
  due(now) {
    if (Number.isNaN(this.#last)) {
      this.#due = now;
    } else {
      const gap = Math.min(now - this.#last, MOST_PERIOD_MS);
      this.periodMs += PERIOD_GAIN * (gap - this.periodMs);
      const even = this.#due + this.periodMs;
      const wanted = now + IN_HAND * this.periodMs;
      const due = even + DELAY_GAIN * (wanted - even);
      const bounded = Math.min(Math.max(due, now + LEAST_IN_HAND * this.periodMs), now + MOST_IN_HAND * this.periodMs);
      this.#due = Math.max(bounded, this.#due + 1);
    }
    this.#last = now;
    return this.#due;
  }
}
