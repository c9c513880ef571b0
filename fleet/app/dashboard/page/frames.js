/** Binary frames of the server: where robots are, what they wait for, and heat. docs/dashboard.md has the layout. */

export const FrameKind = Object.freeze({ FLEET: 1, DUTIES: 2, HEAT: 3 });
/** In `waits_for`: no robot. */
export const NOBODY = 65535;
const HEADER_BYTES = 16;
const KEY = 1;

/**
 * @typedef {object} Frame
 * @property {number} kind one of FrameKind
 * @property {boolean} key whether it tells of all robots, in order
 * @property {number} of what heat it is, see METRICS of heat.js; 0 if it is none
 * @property {number} t seconds on the site's clock, or from the start of a recorded run
 * @property {number} count robots, or cells of a heatmap
 * @property {Uint16Array | null} rows of the robots that it tells of; null if of all
 * @property {Record<string, Uint8Array | Uint16Array | Uint32Array | Float32Array>} columns by name
 */

/** @type {Record<number, [string, any][]>} */
const COLUMNS = {
  [FrameKind.FLEET]: [["x", Uint16Array], ["y", Uint16Array], ["heading", Uint8Array], ["condition", Uint8Array]],
  [FrameKind.DUTIES]: [
    ["waits_for", Uint16Array], ["wait", Uint8Array], ["waited", Uint8Array], ["charge", Uint8Array],
    ["loaded", Uint8Array],
  ],
  [FrameKind.HEAT]: [["cell", Uint32Array], ["value", Float32Array]],
};

/**
 * Lay typed arrays over a frame, without copying: every browser's machine is little-endian, as frames are.
 *
 * @param {ArrayBuffer} buffer one frame
 * @returns {Frame}
 * @throws {RangeError} if it is no frame, or not as long as its header says
 */
export function decode(buffer) {
  if (buffer.byteLength < HEADER_BYTES) throw new RangeError("a frame has at least 16 bytes");
  const header = new DataView(buffer);
  const kind = header.getUint8(0);
  const key = (header.getUint8(1) & KEY) !== 0;
  const count = header.getUint32(4, true);
  const layout = COLUMNS[kind];
  if (!layout) throw new RangeError(`there is no kind of frame ${kind}`);
  let at = HEADER_BYTES;
  const column = (Type) => {
    const array = new Type(buffer, at, count);
    at += array.byteLength;
    return array;
  };
  const rows = key ? null : column(Uint16Array);
  const columns = Object.fromEntries(layout.map(([name, Type]) => [name, column(Type)]));
  if (at !== buffer.byteLength) throw new RangeError(`a frame of ${at} bytes has ${buffer.byteLength}`);
  return { kind, key, of: header.getUint16(2, true), t: header.getFloat64(8, true), count, rows, columns };
}

/**
 * Take frames apart that come one after the other, each behind its length as u32.
 *
 * @param {ArrayBuffer} buffer
 * @returns {Frame[]}
 */
export function decodeAll(buffer) {
  const lengths = new DataView(buffer);
  const frames = [];
  for (let at = 0; at < buffer.byteLength; ) {
    const length = lengths.getUint32(at, true);
    // A copy, since typed arrays begin at multiples of their size only.
    frames.push(decode(buffer.slice(at + 4, at + 4 + length)));
    at += 4 + length;
  }
  return frames;
}
