/**
 * The robots on the floor, sixty times a second.
 *
 * Sprites are copied pixel by pixel into one image, which the canvas then shows. That costs 0.4 microseconds a robot
 * and needs no graphics card; drawImage and instanced WebGL2 on software rasterisers took ten times as long and more.
 */

import { between256, poseOf } from "./moments.js";
import { drawRobot, SpriteSheet } from "./sprites.js";
import { CONDITIONS } from "./words.js";

// A sheet serves sizes up to this factor apart; larger robots are few on a screen and drawn each for itself.
const SHEET_STEP = 1.2;
const LARGEST_SHEET_PX = 40;

export class RobotLayer {
  /** @type {SpriteSheet | null} */
  #sheet = null;
  /** @type {ImageData | null} */
  #image = null;

  /**
   * Draw all robots, and nothing else: what was on the canvas is gone.
   *
   * @param {CanvasRenderingContext2D} context in device pixels
   * @param {import("./view.js").View} view
   * @param {import("./moments.js").Between} between
   * @param {Uint8Array | null} loaded by row; null if nothing is known
   * @param {number} units units per cell of the moments' places
   * @param {number} ratio device pixels a CSS pixel
   * @param {any} colours of a palette
   */
  draw(context, view, between, loaded, units, ratio, colours) {
    const cellPx = view.scale * ratio;
    if (cellPx > LARGEST_SHEET_PX) this.#drawLarge(context, view, between, loaded, units, ratio, colours);
    else this.#copySprites(context, view, between, loaded, units, ratio, colours);
  }

  #copySprites(context, view, between, loaded, units, ratio, colours) {
    const sheet = this.#sheetFor(view.scale * ratio, colours);
    const image = this.#imageFor(context);
    const canvas = new Uint32Array(image.data.buffer);
    canvas.fill(0);
    const { before, after, share } = between;
    const scale = (view.scale * ratio) / units;
    const left = (view.width / 2 - view.x * view.scale) * ratio - sheet.side / 2;
    const top = (view.height / 2 - view.y * view.scale) * ratio - sheet.side / 2;
    // Columns in variables of their own: this loop is the page's hottest.
    const [x0, y0, x1, y1] = [before.x, before.y, after.x, after.y];
    for (let row = 0; row < x1.length; row += 1) {
      const x = Math.round(left + scale * (x0[row] + (x1[row] - x0[row]) * share));
      const y = Math.round(top + scale * (y0[row] + (y1[row] - y0[row]) * share));
      if (x + sheet.side <= 0 || y + sheet.side <= 0 || x >= image.width || y >= image.height) continue;
      const heading = between256(before.heading[row], after.heading[row], share);
      copy(sheet.pixels(heading, after.condition[row], loaded ? loaded[row] : 0), sheet.side, canvas, image, x, y);
    }
    context.putImageData(image, 0, 0);
  }

  #drawLarge(context, view, between, loaded, units, ratio, colours) {
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    const cellPx = view.scale * ratio;
    for (let row = 0; row < between.after.x.length; row += 1) {
      const pose = poseOf(between, row, units);
      const { x, y } = view.toCanvas(pose.x, pose.y);
      if (x < -view.scale || y < -view.scale || x > view.width + view.scale || y > view.height + view.scale) continue;
      context.setTransform(1, 0, 0, 1, x * ratio, y * ratio);
      const condition = CONDITIONS[pose.condition];
      drawRobot(context, cellPx, (pose.heading * Math.PI) / 128, condition, loaded?.[row] === 1, colours);
    }
    context.setTransform(1, 0, 0, 1, 0, 0);
  }

  #sheetFor(cellPx, colours) {
    const step = SHEET_STEP ** Math.round(Math.log(cellPx) / Math.log(SHEET_STEP));
    if (this.#sheet?.cellPx !== step || this.#sheet.colours !== colours) this.#sheet = new SpriteSheet(step, colours);
    return this.#sheet;
  }

  #imageFor(context) {
    const { width, height } = context.canvas;
    if (this.#image?.width !== width || this.#image.height !== height) {
      this.#image = context.createImageData(width, height);
    }
    return this.#image;
  }
}

/** Copy what is not clear of a sprite to x, y of an image, as far as it is inside. */
function copy(sprite, side, canvas, image, x, y) {
  const [from, to] = [Math.max(-x, 0), Math.min(side, image.width - x)];
  const last = Math.min(side, image.height - y);
  for (let line = Math.max(-y, 0); line < last; line += 1) {
    const source = line * side;
    const target = (y + line) * image.width + x;
    for (let column = from; column < to; column += 1) {
      if (sprite[source + column] !== 0) canvas[target + column] = sprite[source + column];
    }
  }
}
