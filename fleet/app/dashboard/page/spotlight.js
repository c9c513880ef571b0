/** Which robot is chosen, and whether the floor follows it; says so to whoever wants to know. */

export class Spotlight {
  #listeners = new Set();

  /** @param {import("./scene.js").Scene} scene @param {import("./stage.js").Stage} stage */
  constructor(scene, stage) {
    this.scene = scene;
    this.stage = stage;
  }

  /** Serial of the chosen robot, empty for none. */
  get serial() {
    return this.scene.roster[this.scene.chosen] ?? "";
  }

  /** @param {() => void} listener called when another robot is chosen, or following begins or ends */
  onChange(listener) {
    this.#listeners.add(listener);
  }

  /** @param {number} row -1 for none @param {boolean} go bring it to the middle */
  choose(row, go = false) {
    if (row !== this.scene.chosen) {
      this.scene.path = null;
      this.scene.follows = this.scene.follows && row >= 0;
    }
    this.scene.chosen = row;
    if (go && row >= 0) this.stage.goToRobot(row);
    this.#tell();
  }

  /** @param {string} serial @returns {boolean} false if there is none of that name */
  chooseByName(serial, go = true) {
    const row = this.scene.roster.indexOf(serial);
    if (row >= 0) this.choose(row, go);
    return row >= 0;
  }

  /** The next or the last robot by row. @param {1 | -1} step */
  step(step) {
    const robots = this.scene.roster.length;
    if (robots > 0) this.choose((Math.max(this.scene.chosen, step > 0 ? -1 : 0) + step + robots) % robots, true);
  }

  /** @param {boolean} follows */
  follow(follows) {
    this.scene.follows = follows && this.scene.chosen >= 0;
    if (this.scene.follows) this.stage.goToRobot(this.scene.chosen);
    this.#tell();
  }

  #tell() {
    for (const listener of this.#listeners) listener();
  }
}
