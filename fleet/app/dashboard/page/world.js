/** The floor, which does not change: what each cell is, and what people call places. */

import { many } from "./words.js";

const NEAR_CELLS = 8;

export class World {
  /** @param {object} view WorldView of the server, see fleet/app/dashboard/page_messages.py */
  constructor(view) {
    /** As the server told it. */
    this.view = view;
    this.name = view.name;
    this.title = view.title;
    this.height = view.height;
    this.width = view.width;
    this.cellM = view.cell_m;
    this.unitsPerCell = view.units_per_cell;
    /** @type {string[]} what each number of `kinds` means */
    this.legend = view.legend;
    this.kinds = Uint8Array.from(atob(view.kinds), (letter) => letter.charCodeAt(0));
    /** @type {{name: string, kind: string, cells: number[]}[]} */
    this.places = view.places;
    this.zones = this.places.filter((place) => place.kind === "zone");
    this.landmarks = this.places.filter((place) => place.kind !== "zone");
  }

  rowOf(cell) {
    return Math.floor(cell / this.width);
  }

  columnOf(cell) {
    return cell % this.width;
  }

  /** The middle of a cell. @returns {{x: number, y: number}} in cells */
  middleOf(cell) {
    return { x: this.columnOf(cell) + 0.5, y: this.rowOf(cell) + 0.5 };
  }

  /** The middle and name of what is nearest to a cell, stations before chutes, and how many cells away it is. */
  nearest(cell) {
    const row = this.rowOf(cell);
    const column = this.columnOf(cell);
    let best = null;
    for (const place of this.landmarks) {
      for (const other of place.cells) {
        const away = Math.abs(this.rowOf(other) - row) + Math.abs(this.columnOf(other) - column);
        if (!best || away < best.away) best = { name: place.name, kind: place.kind, away };
      }
    }
    return best;
  }

  /** What people call the place of a cell: the smallest zone around it, and a station or chute nearby. */
  nameOf(cell) {
    const zone = this.#zoneOf(cell);
    const near = this.nearest(cell);
    const beside = near && near.away <= NEAR_CELLS
      ? near.away === 0 ? `at ${near.name}` : `${many(near.away, "cell")} from ${near.name}` : "";
    const words = [zone, beside].filter(Boolean).join(", ");
    return words || `row ${this.rowOf(cell)}, column ${this.columnOf(cell)}`;
  }

  #zoneOf(cell) {
    const around = this.zones.filter(({ cells }) => cells.includes(cell));
    return around.sort((one, other) => one.cells.length - other.cells.length)[0]?.name ?? "";
  }
}
