/** Which part of the floor is seen: a camera that looks straight down. */

const LEAST_SCALE = 0.5;
const MOST_SCALE = 120;
const MARGIN = 0.04;

export class View {
  /** Size of the canvas, CSS pixels. */
  width = 1;
  height = 1;
  /** The middle of the canvas, in cells from the map's north-west corner. */
  x = 0;
  y = 0;
  /** CSS pixels a cell. */
  scale = 10;

  /** @param {{width: number, height: number}} map in cells */
  constructor(map) {
    this.map = map;
  }

  /** @param {number} width @param {number} height CSS pixels */
  resize(width, height) {
    this.width = width;
    this.height = height;
    this.#bound();
  }

  /** Show all of the map, above `below` CSS pixels that something else covers. */
  fit(below = 0) {
    const room = 1 - 2 * MARGIN;
    const height = this.height - Math.min(below, this.height / 3);
    this.scale = Math.min((this.width * room) / this.map.width, (height * room) / this.map.height);
    this.x = this.map.width / 2;
    this.y = this.map.height / 2 + (this.height - height) / 2 / this.scale;
    this.#bound();
  }

  /** Move the floor under the canvas by so many CSS pixels. */
  pan(dx, dy) {
    this.x -= dx / this.scale;
    this.y -= dy / this.scale;
    this.#bound();
  }

  /** Zoom by a factor; what is at this place of the canvas stays there. */
  zoom(factor, px = this.width / 2, py = this.height / 2) {
    const { x, y } = this.toFloor(px, py);
    this.scale = Math.min(Math.max(this.scale * factor, LEAST_SCALE), MOST_SCALE);
    this.x = x - (px - this.width / 2) / this.scale;
    this.y = y - (py - this.height / 2) / this.scale;
    this.#bound();
  }

  /** Bring a place of the floor, in cells, to the middle. */
  centre(x, y, leastScale = 0) {
    this.scale = Math.min(Math.max(this.scale, leastScale), MOST_SCALE);
    this.x = x;
    this.y = y;
    this.#bound();
  }

  /** @returns {{x: number, y: number}} cells, of a place of the canvas in CSS pixels */
  toFloor(px, py) {
    return { x: this.x + (px - this.width / 2) / this.scale, y: this.y + (py - this.height / 2) / this.scale };
  }

  /** @returns {{x: number, y: number}} CSS pixels, of a place of the floor in cells */
  toCanvas(x, y) {
    return { x: (x - this.x) * this.scale + this.width / 2, y: (y - this.y) * this.scale + this.height / 2 };
  }

  /** The whole cells that are seen. @returns {{row0: number, row1: number, column0: number, column1: number}} */
  cells() {
    const from = this.toFloor(0, 0);
    const to = this.toFloor(this.width, this.height);
    return {
      row0: Math.max(Math.floor(from.y), 0),
      row1: Math.min(Math.floor(to.y), this.map.height - 1),
      column0: Math.max(Math.floor(from.x), 0),
      column1: Math.min(Math.floor(to.x), this.map.width - 1),
    };
  }

  // Some of the map is always seen.
  #bound() {
    this.x = Math.min(Math.max(this.x, 0), this.map.width);
    this.y = Math.min(Math.max(this.y, 0), this.map.height);
  }
}
