/** Where in a recorded run a replay is, and how fast it goes on. */

export const SPEEDS = Object.freeze([0.25, 0.5, 1, 2, 5, 10, 20, 50, 100]);

export class Playhead {
  playing = false;
  #t = 0;
  #speed = 5;
  #then = NaN;

  /** @param {number} duration seconds */
  constructor(duration) {
    this.duration = duration;
  }

  /** Seconds from the start of the run. */
  get t() {
    return this.#t;
  }

  /** Times as fast as it was. */
  get speed() {
    return this.#speed;
  }

  /** @param {number} speed one of SPEEDS */
  set speed(speed) {
    this.#speed = Math.min(Math.max(speed, SPEEDS[0]), SPEEDS.at(-1));
  }

  /** @param {1 | -1} step faster or slower */
  changeSpeed(step) {
    const place = SPEEDS.indexOf(this.#speed) + step;
    this.speed = SPEEDS[Math.min(Math.max(place, 0), SPEEDS.length - 1)];
  }

  /** @param {number} t seconds from the start */
  seek(t) {
    this.#t = Math.min(Math.max(t, 0), this.duration);
  }

  /** Play or pause; from the end it begins anew. */
  toggle() {
    if (!this.playing && this.#t >= this.duration) this.#t = 0;
    this.playing = !this.playing;
  }

  /**
   * Go on to a time of the page's clock.
   *
   * @param {number} now milliseconds
   * @param {boolean} ready whether there is something to show; otherwise it waits where it is
   */
  advance(now, ready) {
    const passed = Number.isNaN(this.#then) ? 0 : (now - this.#then) / 1000;
    this.#then = now;
    // A page in the background is not drawn: it goes on where it was, not minutes later.
    if (this.playing && ready) this.seek(this.#t + Math.min(passed, 0.25) * this.#speed);
    if (this.#t >= this.duration) this.playing = false;
  }
}
