/** What robots look like: a shape and a colour for what each is up to, turned as it faces, with its load. */

import { CONDITIONS } from "./words.js";

/** Headings that a sheet has; robots between them are turned to the nearest one. */
export const HEADINGS = 32;
// A robot's length in cells, and what a sprite has around it for its outline.
const LENGTH = 0.76;
const ROOM = 1.5;
const FAR_LENGTH = 1.2;
const FAR_PX = 9;
const LEAST_PX = 4;

/** @type {Record<string, {shape: (context: any) => void, colour: string, mark?: (context: any) => void}>} */
const LOOKS = {
  idle: { shape: disc, colour: "idle", mark: nose },
  waiting: { shape: square, colour: "waiting", mark: bars },
  turning: { shape: arrow, colour: "turning" },
  driving: { shape: arrow, colour: "driving" },
  service: { shape: disc, colour: "service", mark: dot },
  charging: { shape: disc, colour: "charging", mark: bolt },
  halted: { shape: octagon, colour: "halted", mark: dash },
};
const TROUBLE = { shape: diamond, colour: "trouble", mark: exclamation };

/** Every sprite of one size, each drawn when it is first asked for. */
export class SpriteSheet {
  #drawn = new Uint8Array(HEADINGS * CONDITIONS.length * 2);
  /** @type {(Uint32Array | undefined)[]} */
  #pixels = [];

  /**
   * @param {number} cellPx size of a cell, device pixels
   * @param {any} colours of a palette, see theme.js
   */
  constructor(cellPx, colours) {
    this.cellPx = cellPx;
    this.colours = colours;
    /** Side of a sprite, device pixels. */
    this.side = Math.ceil(Math.max(cellPx, LEAST_PX) * ROOM) + 2;
    this.canvas = document.createElement("canvas");
    this.canvas.width = this.side * HEADINGS;
    this.canvas.height = this.side * CONDITIONS.length * 2;
    this.context = this.canvas.getContext("2d", { willReadFrequently: true });
  }

  /**
   * @param {number} heading 256ths of a turn
   * @param {number} condition
   * @param {number} loaded 0 or 1
   * @returns {number} the sprite's place on the sheet: x + HEADINGS * y
   */
  place(heading, condition, loaded) {
    const turn = Math.round((heading * HEADINGS) / 256) % HEADINGS;
    const place = turn + HEADINGS * (2 * condition + loaded);
    if (!this.#drawn[place]) {
      this.#drawn[place] = 1;
      this.#draw(turn, condition, loaded);
    }
    return place;
  }

  /** The pixels of a sprite, row by row, as they are in ImageData. Arguments as of `place`. */
  pixels(heading, condition, loaded) {
    const place = this.place(heading, condition, loaded);
    let pixels = this.#pixels[place];
    if (!pixels) {
      const { side } = this;
      const column = place % HEADINGS;
      const image = this.context.getImageData(column * side, ((place - column) / HEADINGS) * side, side, side);
      pixels = new Uint32Array(image.data.buffer);
      this.#pixels[place] = pixels;
    }
    return pixels;
  }

  #draw(turn, condition, loaded) {
    const { context, side } = this;
    context.save();
    context.translate((turn + 0.5) * side, (2 * condition + loaded + 0.5) * side);
    drawRobot(context, this.cellPx, (turn * 2 * Math.PI) / HEADINGS, CONDITIONS[condition], loaded === 1, this.colours);
    context.restore();
  }
}

/**
 * Draw a robot around the origin of the context.
 *
 * @param {CanvasRenderingContext2D} context
 * @param {number} cellPx size of a cell in the context's units
 * @param {number} angle radians, clockwise from east
 * @param {string} condition
 * @param {boolean} loaded
 * @param {any} colours of a palette
 */
export function drawRobot(context, cellPx, angle, condition, loaded, colours) {
  const look = LOOKS[condition] ?? TROUBLE;
  // From far away robots are drawn larger than they are: they are what one looks for.
  const size = Math.max(cellPx * LENGTH, Math.min(cellPx * FAR_LENGTH, FAR_PX), LEAST_PX);
  context.save();
  context.rotate(angle);
  context.scale(size, size);
  context.lineJoin = "round";
  context.beginPath();
  look.shape(context);
  context.fillStyle = colours.robots[look.colour];
  context.fill();
  if (size >= 5) {
    context.lineWidth = Math.max(0.07, 0.9 / size);
    context.strokeStyle = colours.robotEdge;
    context.stroke();
  }
  if (size >= 8 && look.mark) {
    context.fillStyle = "#10151d";
    context.beginPath();
    look.mark(context);
    context.fill();
  }
  if (loaded && size >= 10) {
    context.beginPath();
    context.rect(-0.42, -0.19, 0.34, 0.38);
    context.fillStyle = "#c69c6d";
    context.fill();
    context.lineWidth = Math.max(0.05, 0.7 / size);
    context.strokeStyle = "#4a3418";
    context.stroke();
  }
  context.restore();
}

/** Colour of a condition in a palette. */
export const colourOfCondition = (condition, colours) => colours.robots[(LOOKS[condition] ?? TROUBLE).colour];

// Outlines within a square of side 1 around the origin, facing east.

function polygon(context, points) {
  for (const [x, y] of points) context.lineTo(x, y);
  context.closePath();
}

function arrow(context) {
  polygon(context, [[0.54, 0], [0.14, 0.42], [-0.46, 0.42], [-0.46, -0.42], [0.14, -0.42]]);
}

function square(context) {
  context.rect(-0.44, -0.44, 0.88, 0.88);
}

function disc(context) {
  context.arc(0, 0, 0.46, 0, 2 * Math.PI);
}

function octagon(context) {
  const corner = 0.2;
  polygon(context, [
    [0.47, -corner], [0.47, corner], [corner, 0.47], [-corner, 0.47],
    [-0.47, corner], [-0.47, -corner], [-corner, -0.47], [corner, -0.47],
  ]);
}

function diamond(context) {
  polygon(context, [[0.58, 0], [0, 0.58], [-0.58, 0], [0, -0.58]]);
}

function nose(context) {
  context.rect(0.16, -0.06, 0.24, 0.12);
}

function bars(context) {
  context.rect(0.0, -0.24, 0.12, 0.48);
  context.rect(0.22, -0.24, 0.12, 0.48);
}

function dot(context) {
  context.arc(0.12, 0, 0.14, 0, 2 * Math.PI);
}

function bolt(context) {
  polygon(context, [[0.1, -0.32], [-0.2, 0.07], [0, 0.07], [-0.08, 0.32], [0.22, -0.08], [0.02, -0.08]]);
}

function dash(context) {
  context.rect(-0.24, -0.08, 0.48, 0.16);
}

function exclamation(context) {
  context.rect(-0.1, -0.07, 0.38, 0.14);
  context.rect(-0.3, -0.07, 0.13, 0.14);
}
