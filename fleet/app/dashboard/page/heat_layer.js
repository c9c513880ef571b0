/** Heat on the floor: a colour a cell, and numbers on the worst spots. */

import { colourOf } from "./heat.js";

export class HeatLayer {
  #image = document.createElement("canvas");
  /** What the image shows, to draw it anew only when that changes. */
  #shown = { heat: null, top: 0, dark: false };

  /**
   * @param {CanvasRenderingContext2D} context in CSS pixels
   * @param {import("./scene.js").Scene} scene
   * @param {import("./view.js").View} view
   * @param {boolean} dark theme
   */
  draw(context, scene, view, dark) {
    if (!scene.heat) return;
    this.#paint(scene, dark);
    const { width, height } = scene.world;
    const from = view.toCanvas(0, 0);
    context.imageSmoothingEnabled = false;
    context.drawImage(this.#image, from.x, from.y, width * view.scale, height * view.scale);
  }

  /** Number the worst spots. Arguments as of `draw`, and the colours of a palette. */
  drawSpots(context, scene, view, colours) {
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.font = "700 13px system-ui, sans-serif";
    scene.spots.forEach(({ row, column }, place) => {
      const from = view.toCanvas(column - 2, row - 2);
      const side = 5 * view.scale;
      context.lineWidth = 2;
      context.strokeStyle = colours.spot;
      context.strokeRect(from.x, from.y, side, side);
      // Outside the corner: what is in the spot stays in sight.
      const [x, y] = [from.x - 7, from.y - 7];
      context.fillStyle = colours.spot;
      context.beginPath();
      context.arc(x, y, 11, 0, 2 * Math.PI);
      context.fill();
      context.fillStyle = colours.spotText;
      context.fillText(String(place + 1), x, y + 0.5);
    });
  }

  #paint({ heat, heatTop, world }, dark) {
    const shown = this.#shown;
    if (shown.heat === heat && shown.top === heatTop && shown.dark === dark) return;
    this.#shown = { heat, top: heatTop, dark };
    this.#image.width = world.width;
    this.#image.height = world.height;
    const context = this.#image.getContext("2d");
    const pixels = context.createImageData(world.width, world.height);
    heat.cells.forEach((cell, place) => pixels.data.set(colourOf(heat.values[place] / heatTop, dark), 4 * cell));
    context.putImageData(pixels, 0, 0);
  }
}
