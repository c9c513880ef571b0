/** Which cells a restriction is about, from what people call its place: what a site tells names places, no cells. */

/** @typedef {{row0: number, column0: number, row1: number, column1: number}} Block of cells, both corners included */

const BLOCK = /^rows (\d+) to (\d+), columns (\d+) to (\d+)$/;
const STEP = /^from row (\d+), column (\d+) to row (\d+), column (\d+)/;
const CELL = /row (\d+), column (\d+)/;

/**
 * @param {string} place as fleet/traffic/zones/area.py words it
 * @param {import("./world.js").World} world
 * @returns {{blocks: Block[], whole: boolean}} blocks of cells; none if nothing is known of the place
 */
export function extentOf(place, world) {
  if (place === "the whole floor") {
    return { blocks: [{ row0: 0, column0: 0, row1: world.height - 1, column1: world.width - 1 }], whole: true };
  }
  const named = world.zones.find((zone) => zone.name === place);
  if (named) return { blocks: blocksOf(named.cells, world.width), whole: false };
  const block = BLOCK.exec(place);
  if (block) {
    const [row0, row1, column0, column1] = block.slice(1).map(Number);
    return { blocks: [{ row0, column0, row1, column1 }], whole: false };
  }
  const found = STEP.exec(place) ?? CELL.exec(place);
  if (!found) return { blocks: [], whole: false };
  const [row0, column0, row = row0, column = column0] = found.slice(1).map(Number);
  const rows = [row0, row].sort((a, b) => a - b);
  const columns = [column0, column].sort((a, b) => a - b);
  return { blocks: [{ row0: rows[0], row1: rows[1], column0: columns[0], column1: columns[1] }], whole: false };
}

/**
 * Join cells into as few upright blocks as rows of equal runs give.
 *
 * @param {number[]} cells ascending
 * @param {number} width of the map
 * @returns {Block[]}
 */
export function blocksOf(cells, width) {
  /** @type {Block[]} */
  const blocks = [];
  /** @type {Map<string, Block>} blocks that the next row may go on with, by their columns */
  let open = new Map();
  let openRow = -2;
  /** @type {Map<string, Block>} */
  let next = new Map();
  for (let at = 0; at < cells.length; ) {
    const row = Math.floor(cells[at] / width);
    const column0 = cells[at] % width;
    let column1 = column0;
    while (cells[at + 1] === cells[at] + 1 && cells[at + 1] % width !== 0) {
      at += 1;
      column1 += 1;
    }
    at += 1;
    if (row !== openRow) {
      open = row === openRow + 1 ? next : new Map();
      next = new Map();
      openRow = row;
    }
    const columns = `${column0}-${column1}`;
    const block = open.get(columns) ?? { row0: row, column0, row1: row, column1 };
    if (!open.has(columns)) blocks.push(block);
    block.row1 = row;
    next.set(columns, block);
  }
  return blocks;
}

/** The cell in the middle of a block. @param {Block} block @param {{width: number}} map */
export const middleOf = ({ row0, row1, column0, column1 }, { width }) =>
  ((row0 + row1) >> 1) * width + ((column0 + column1) >> 1);
