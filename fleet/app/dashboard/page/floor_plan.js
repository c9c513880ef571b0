/** The floor as a drawing: racks, stations, chutes, chargers and parking, and what people call them. */

import { blocksOf } from "./extent.js";

// From this many CSS pixels a cell on, there is room for these.
const GRID_SCALE = 14;
const EDGE_SCALE = 7;
const SIGN_SCALE = 15;
const STATION_SCALE = 4.5;
const CHUTE_SCALE = 17;

/** What is drawn for a kind of cell of the server's legend: its colours in a palette, and its sign. */
const KINDS = {
  "pick face": { fill: "pickFace" },
  "station dock": { fill: "dock", edge: "dockEdge" },
  chute: { fill: "chute", edge: "chuteEdge", sign: drawRing },
  charger: { fill: "charger", edge: "chargerEdge", sign: drawBolt },
  parking: { fill: "parking", sign: drawParking, signColour: "parkingEdge" },
};
const OBSTACLE = "rack, wall or chute opening";

export class FloorPlan {
  /** @param {import("./world.js").World} world */
  constructor(world) {
    this.world = world;
    const obstacle = world.legend.indexOf(OBSTACLE);
    const outside = outsideOf(world, obstacle);
    const openings = openingsOf(world, obstacle, outside);
    const where = (wanted) => {
      const cells = [];
      for (let cell = 0; cell < world.kinds.length; cell += 1) if (wanted(cell)) cells.push(cell);
      return cells;
    };
    const blocks = (wanted) => blocksOf(where(wanted), world.width);
    this.lanes = blocks((cell) => world.kinds[cell] !== obstacle);
    this.racks = blocks((cell) => world.kinds[cell] === obstacle && !outside[cell] && !openings[cell]);
    this.openings = blocks((cell) => openings[cell] === 1);
    this.kinds = Object.entries(KINDS).map(([name, look]) => {
      const number = world.legend.indexOf(name);
      const cells = where((cell) => world.kinds[cell] === number);
      return { look, cells, blocks: blocksOf(cells, world.width) };
    });
  }

  /**
   * @param {CanvasRenderingContext2D} context in CSS pixels
   * @param {import("./view.js").View} view
   * @param {any} colours of a palette, see theme.js
   */
  draw(context, view, colours) {
    context.fillStyle = colours.outside;
    context.fillRect(0, 0, view.width, view.height);
    const seen = view.cells();
    const fill = (blocks, colour, inset = 0) => {
      context.fillStyle = colour;
      for (const block of blocks) if (meets(block, seen)) fillBlock(context, view, block, inset);
    };
    fill(this.lanes, colours.lane);
    if (view.scale >= GRID_SCALE) drawGrid(context, view, seen, colours.grid);
    for (const { look, blocks, cells } of this.kinds) {
      fill(look.edge ? cells.map((cell) => this.#blockOf(cell)) : blocks, colours[look.fill]);
    }
    // Walls hide the lines of the grid that lead into them.
    fill(this.racks, colours.rack, view.scale >= EDGE_SCALE ? 1 : 0);
    fill(this.openings, colours.opening, view.scale >= EDGE_SCALE ? 1 : 0);
    if (view.scale >= EDGE_SCALE) this.#drawEdges(context, view, seen, colours);
    if (view.scale >= SIGN_SCALE) this.#drawSigns(context, view, seen, colours);
  }

  /** Write what people call stations, and chutes where there is room. Arguments as of `draw`. */
  drawNames(context, view, colours) {
    const { world } = this;
    const sizes = { station: Math.min(Math.max(view.scale * 0.9, 9.5), 15), chute: Math.min(view.scale * 0.5, 12) };
    context.textAlign = "center";
    context.textBaseline = "middle";
    /** @type {{left: number, right: number, y: number}[]} */
    const taken = [];
    for (const place of world.landmarks) {
      if (view.scale < (place.kind === "station" ? STATION_SCALE : CHUTE_SCALE)) continue;
      const size = sizes[place.kind];
      context.font = `600 ${size}px system-ui, sans-serif`;
      const middles = place.cells.map((cell) => world.middleOf(cell));
      const x = middles.reduce((sum, middle) => sum + middle.x, 0) / middles.length;
      const y = middles.reduce((sum, middle) => sum + middle.y, 0) / middles.length;
      // Beside the docks, towards the nearest edge of the map; chutes are named below their cell.
      const away = place.kind === "station" ? 1.25 : 0.75;
      const north = place.kind === "station" && y < world.height / 2;
      const at = view.toCanvas(x, y + (north ? -away : away));
      const text = place.kind === "chute" ? place.name.replace(/^chute /, "") : place.name;
      if (!takesPlace(taken, at, context.measureText(text).width + 6, size)) continue;
      context.strokeStyle = colours.nameHalo;
      context.lineWidth = 3;
      context.lineJoin = "round";
      context.strokeText(text, at.x, at.y);
      context.fillStyle = place.kind === "station" ? colours.dockEdge : colours.chuteEdge;
      context.fillText(text, at.x, at.y);
    }
  }

  #blockOf(cell) {
    const [row, column] = [this.world.rowOf(cell), this.world.columnOf(cell)];
    return { row0: row, row1: row, column0: column, column1: column };
  }

  #drawEdges(context, view, seen, colours) {
    context.lineWidth = 1;
    for (const { look, cells } of this.kinds) {
      if (!look.edge) continue;
      context.strokeStyle = colours[look.edge];
      for (const cell of cells) {
        const block = this.#blockOf(cell);
        if (!meets(block, seen)) continue;
        const { x, y } = view.toCanvas(block.column0, block.row0);
        context.strokeRect(Math.round(x) + 0.5, Math.round(y) + 0.5, view.scale - 1, view.scale - 1);
      }
    }
    context.strokeStyle = colours.rackEdge;
    for (const block of this.racks) {
      if (!meets(block, seen)) continue;
      const { x, y } = view.toCanvas(block.column0, block.row0);
      const [wide, high] = [block.column1 + 1 - block.column0, block.row1 + 1 - block.row0].map((n) => n * view.scale);
      context.strokeRect(Math.round(x) + 1.5, Math.round(y) + 1.5, Math.round(wide) - 3, Math.round(high) - 3);
    }
  }

  #drawSigns(context, view, seen, colours) {
    for (const { look, cells } of this.kinds) {
      if (!look.sign) continue;
      context.fillStyle = colours[look.signColour ?? look.edge];
      context.strokeStyle = context.fillStyle;
      for (const cell of cells) {
        if (!meets(this.#blockOf(cell), seen)) continue;
        const middle = this.world.middleOf(cell);
        const { x, y } = view.toCanvas(middle.x, middle.y);
        look.sign(context, x, y, view.scale);
      }
    }
  }
}

/** Obstacles that lead to the edge of the map: walls and what is behind them, uint8 by cell. */
function outsideOf(world, obstacle) {
  const { width, height, kinds } = world;
  const outside = new Uint8Array(kinds.length);
  const open = [];
  const reach = (row, column) => {
    const cell = row * width + column;
    if (row < 0 || column < 0 || row >= height || column >= width || outside[cell] || kinds[cell] !== obstacle) return;
    outside[cell] = 1;
    open.push(cell);
  };
  for (let row = 0; row < height; row += 1) [0, width - 1].forEach((column) => reach(row, column));
  for (let column = 0; column < width; column += 1) [0, height - 1].forEach((row) => reach(row, column));
  while (open.length > 0) {
    const cell = open.pop();
    const [row, column] = [Math.floor(cell / width), cell % width];
    reach(row - 1, column);
    reach(row + 1, column);
    reach(row, column - 1);
    reach(row, column + 1);
  }
  return outside;
}

/** Obstacles beside a chute: what goods fall into, uint8 by cell. */
function openingsOf(world, obstacle, outside) {
  const openings = new Uint8Array(world.kinds.length);
  const chutes = world.places.filter((place) => place.kind === "chute").flatMap((place) => place.cells);
  for (const cell of chutes) {
    for (const beside of [cell - 1, cell + 1, cell - world.width, cell + world.width]) {
      if (world.kinds[beside] === obstacle && !outside[beside]) openings[beside] = 1;
    }
  }
  return openings;
}

/** Whether a name has room beside those before; then it takes it. */
function takesPlace(taken, { x, y }, width, height) {
  const [left, right] = [x - width / 2, x + width / 2];
  if (taken.some((other) => Math.abs(other.y - y) < height && other.left < right && other.right > left)) return false;
  taken.push({ left, right, y });
  return true;
}

const meets = (block, seen) =>
  block.row1 >= seen.row0 && block.row0 <= seen.row1 && block.column1 >= seen.column0 && block.column0 <= seen.column1;

/** Fill a block on whole pixels, so that neighbours neither overlap nor leave a gap. */
function fillBlock(context, view, block, inset) {
  const from = view.toCanvas(block.column0, block.row0);
  const to = view.toCanvas(block.column1 + 1, block.row1 + 1);
  const [x, y] = [Math.round(from.x), Math.round(from.y)];
  context.fillRect(x + inset, y + inset, Math.round(to.x) - x - 2 * inset, Math.round(to.y) - y - 2 * inset);
}

function drawGrid(context, view, seen, colour) {
  context.strokeStyle = colour;
  context.lineWidth = 1;
  context.beginPath();
  const from = view.toCanvas(seen.column0, seen.row0);
  const to = view.toCanvas(seen.column1 + 1, seen.row1 + 1);
  for (let column = seen.column0; column <= seen.column1 + 1; column += 1) {
    const x = Math.round(view.toCanvas(column, 0).x) + 0.5;
    context.moveTo(x, from.y);
    context.lineTo(x, to.y);
  }
  for (let row = seen.row0; row <= seen.row1 + 1; row += 1) {
    const y = Math.round(view.toCanvas(0, row).y) + 0.5;
    context.moveTo(from.x, y);
    context.lineTo(to.x, y);
  }
  context.stroke();
}

function drawRing(context, x, y, scale) {
  context.lineWidth = Math.max(1, scale * 0.06);
  context.beginPath();
  context.arc(x, y, scale * 0.28, 0, 2 * Math.PI);
  context.stroke();
}

function drawBolt(context, x, y, scale) {
  const points = [[0.06, -0.3], [-0.18, 0.06], [-0.02, 0.06], [-0.06, 0.3], [0.18, -0.07], [0.02, -0.07]];
  context.beginPath();
  for (const [east, south] of points) context.lineTo(x + east * scale, y + south * scale);
  context.fill();
}

function drawParking(context, x, y, scale) {
  context.font = `600 ${scale * 0.5}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillText("P", x, y);
}
