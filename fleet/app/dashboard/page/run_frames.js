/** Frames of a recorded run, fetched in chunks ahead of where it plays; a run of any length takes a bounded memory. */

import { readBytes, segment } from "./api.js";
import { decodeAll } from "./frames.js";
import { Moments } from "./moments.js";

// Chunks hold about so many robot-steps, 6 bytes each, and so many of them are kept.
const CHUNK_ROBOT_STEPS = 60_000;
const LEAST_STEPS = 20;
const MOST_STEPS = 400;
const KEPT = 6;
const AHEAD = 2;
const PAUSE_MS = 2000;

export class RunFrames {
  /** @type {Map<number, Moments>} by number of chunk, the one used last at the end */
  #chunks = new Map();
  /** @type {Map<number, AbortController>} those that are on their way */
  #asked = new Map();
  /** When a chunk is asked for again after one could not be had, milliseconds of the page's clock. */
  #againAt = 0;

  /**
   * @param {{run: string, robots: number, steps: number, stepS: number}} run
   * @param {(failure: Error) => void} failed
   */
  constructor(run, failed) {
    this.run = run;
    this.failed = failed;
    this.length = Math.min(Math.max(Math.floor(CHUNK_ROBOT_STEPS / run.robots), LEAST_STEPS), MOST_STEPS);
    this.last = Math.max(Math.ceil(run.steps / this.length) - 1, 0);
  }

  /**
   * Where robots are at a time of the run, and fetch what comes next.
   *
   * @param {number} t seconds from the start of the run
   * @returns {import("./moments.js").Between | null} null as long as it is not there yet
   */
  between(t) {
    const number = Math.min(Math.max(Math.floor(t / this.run.stepS / this.length), 0), this.last);
    this.#want(number);
    const chunk = this.#chunks.get(number);
    return chunk && !chunk.empty ? chunk.between(t) : null;
  }

  #want(number) {
    const wanted = Array.from({ length: AHEAD + 1 }, (_, step) => number + step).filter((chunk) => chunk <= this.last);
    for (const [chunk, abort] of this.#asked) if (!wanted.includes(chunk)) abort.abort();
    for (const chunk of wanted) {
      const there = this.#chunks.get(chunk);
      if (there) {
        this.#chunks.delete(chunk);
        this.#chunks.set(chunk, there);
      } else if (!this.#asked.has(chunk) && performance.now() >= this.#againAt) {
        this.#fetch(chunk);
      }
    }
    while (this.#chunks.size > KEPT) this.#chunks.delete(this.#chunks.keys().next().value);
  }

  async #fetch(chunk) {
    const abort = new AbortController();
    this.#asked.set(chunk, abort);
    // The frame of step k is how robots are after it: a chunk begins with the end of the step before it.
    const from = Math.max(chunk * this.length - 1, 0);
    const to = Math.min((chunk + 1) * this.length, this.run.steps);
    try {
      const path = `runs/${segment(this.run.run)}/frames?from_step=${from}&to_step=${to}`;
      const frames = decodeAll(await readBytes(path, abort.signal));
      const moments = new Moments(frames.length);
      for (const frame of frames) moments.take(frame, frame.t);
      this.#chunks.set(chunk, moments);
    } catch (failure) {
      if (failure.name === "AbortError") return;
      // Every frame of the page asks for what is missing.
      this.#againAt = performance.now() + PAUSE_MS;
      this.failed(failure);
    } finally {
      this.#asked.delete(chunk);
    }
  }
}
