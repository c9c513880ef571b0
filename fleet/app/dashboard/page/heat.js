/** Heat: where robots come by, wait or lose time; its colours, its scale, and the worst spots. */

/** @typedef {{cells: Uint32Array, values: Float32Array}} Heat the cells that count, ascending, and how much */

/** The metrics of `futurepark heatmap`; `of` is their number in frames, `unit` what a value is in, `worst` heads spots. */
export const METRICS = Object.freeze({
  delay: {
    of: 3, title: "Delay", unit: "robot-seconds lost", says: "Time that robots lost against a free way",
    worst: "Where it chokes",
  },
  waits: {
    of: 2, title: "Waits", unit: "robot-seconds stood", says: "Time that robots stood with somewhere else to be",
    worst: "Where robots wait",
  },
  visits: {
    of: 1, title: "Visits", unit: "entries an hour", says: "How often robots drove into a cell",
    worst: "Where most robots drive",
  },
});

// Magma (Smith and van der Walt, 2015) at nine even places: perceptually uniform, and readable for the colour-blind.
const MAGMA = [
  [0, 0, 4], [28, 16, 68], [79, 18, 123], [129, 37, 129], [181, 54, 122],
  [229, 80, 100], [251, 135, 97], [254, 194, 135], [252, 253, 191],
];
// Its ends are left out: on white paper pale is little, on a dark floor dark is little, and neither may vanish.
const LIGHT = [0.95, 0.2];
const DARK = [0.3, 1];
// Little is nearly clear, so that the worst places stand out; half of the top covers the floor.
const LEAST_ALPHA = 0.12;
const TOP_PERCENTILE = 0.995;
// A spot is 5 x 5 cells, as in fleet.report.hot_spots.
const REACH = 2;

/**
 * @param {number} share 0 to 1
 * @param {boolean} dark theme
 * @returns {[number, number, number, number]} red, green, blue and alpha, 0 to 255
 */
export function colourOf(share, dark) {
  const [from, to] = dark ? DARK : LIGHT;
  const place = (from + (to - from) * Math.min(Math.max(share, 0), 1)) * (MAGMA.length - 1);
  const low = Math.min(Math.floor(place), MAGMA.length - 2);
  const mixed = MAGMA[low].map((channel, index) => channel + (MAGMA[low + 1][index] - channel) * (place - low));
  const alpha = LEAST_ALPHA + (1 - LEAST_ALPHA) * Math.min(1, 2 * Math.max(share, 0));
  return [Math.round(mixed[0]), Math.round(mixed[1]), Math.round(mixed[2]), Math.round(255 * alpha)];
}

/**
 * Where colours end: the 99.5th percentile, so that one dock does not bleach the floor, on a round number.
 *
 * @param {Float32Array} values
 * @returns {number} more than 0
 */
export function topOf(values) {
  if (values.length === 0) return 1;
  const ascending = Float32Array.from(values).sort();
  const top = ascending[Math.min(Math.ceil(ascending.length * TOP_PERCENTILE), ascending.length) - 1];
  return roundUp(top);
}

/** The next of 1, 2, 5, 10, 20, 50, ... */
export function roundUp(value) {
  if (!(value > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  const step = [1, 2, 5, 10].find((factor) => factor * power >= value * (1 - 1e-9));
  return step * power;
}

/**
 * The spots where most comes together, worst first; none overlaps another.
 *
 * @param {Heat} heat
 * @param {number} width of the map, cells
 * @param {number} height of the map, cells
 * @param {number} most how many
 * @returns {{row: number, column: number, sum: number, share: number}[]} middles; share is of the whole floor's sum
 */
export function worstSpots({ cells, values }, width, height, most) {
  const stride = width + 1;
  const sums = new Float64Array(stride * (height + 1));
  for (let place = 0; place < cells.length; place += 1) {
    const row = Math.floor(cells[place] / width);
    sums[(row + 1) * stride + (cells[place] % width) + 1] = values[place];
  }
  for (let row = 1; row <= height; row += 1) {
    for (let column = 1; column <= width; column += 1) {
      const at = row * stride + column;
      sums[at] += sums[at - 1] + sums[at - stride] - sums[at - stride - 1];
    }
  }
  const total = sums.at(-1);
  const around = (row, column) => {
    const [row0, row1] = [Math.max(row - REACH, 0), Math.min(row + REACH + 1, height)];
    const [column0, column1] = [Math.max(column - REACH, 0), Math.min(column + REACH + 1, width)];
    return sums[row1 * stride + column1] - sums[row0 * stride + column1] - sums[row1 * stride + column0]
      + sums[row0 * stride + column0];
  };
  const spots = Array.from(cells, (cell, place) => {
    const [row, column] = [Math.floor(cell / width), cell % width];
    const sum = around(row, column);
    return { row, column, sum, share: total > 0 ? sum / total : 0, middle: values[place] };
  });
  // Of equal spots the one with more in its middle is worse, as in reports; the order of cells is kept.
  spots.sort((one, other) => other.sum - one.sum || other.middle - one.middle);
  const worst = [];
  for (const spot of spots) {
    if (worst.length === most) break;
    const apart = (other) =>
      Math.abs(other.row - spot.row) > 2 * REACH || Math.abs(other.column - spot.column) > 2 * REACH;
    if (worst.every(apart)) worst.push(spot);
  }
  return worst;
}
