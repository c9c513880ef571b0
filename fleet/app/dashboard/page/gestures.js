/** Mouse, pen and fingers on the floor: drag, wheel, pinch, tap, and drawing a block of cells. */

// A pointer that moves less than this, CSS pixels, was a tap.
const TAP_PX = 6;
const WHEEL_STEP = 0.0016;

/** @typedef {{row: number, column: number}} Corner */

/**
 * @typedef {object} Hands
 * @property {(px: number, py: number) => void} tap
 * @property {() => void} moved the floor was moved by hand
 * @property {(block: import("./extent.js").Block, done: boolean) => void} draw a block is being drawn, or is drawn
 */

export class Gestures {
  /** Whether the next drag draws a block of cells instead of moving the floor. */
  drawing = false;
  /** @type {Map<number, {x: number, y: number}>} where fingers are, by pointer */
  #down = new Map();
  #travelled = 0;
  /** @type {Corner | null} */
  #corner = null;

  /**
   * @param {HTMLElement} area
   * @param {import("./stage.js").Stage} stage
   * @param {Hands} hands
   */
  constructor(area, stage, hands) {
    this.area = area;
    this.stage = stage;
    this.hands = hands;
    area.addEventListener("pointerdown", (event) => this.#press(event));
    area.addEventListener("pointermove", (event) => this.#move(event));
    area.addEventListener("pointerup", (event) => this.#release(event));
    area.addEventListener("pointercancel", (event) => this.#down.delete(event.pointerId));
    area.addEventListener("wheel", (event) => this.#wheel(event), { passive: false });
  }

  #press(event) {
    if (event.button !== 0) return;
    this.area.setPointerCapture(event.pointerId);
    const at = this.#placeOf(event);
    this.#down.set(event.pointerId, at);
    if (this.#down.size === 1) this.#travelled = 0;
    if (this.drawing && this.#down.size === 1) {
      this.#corner = this.#cornerAt(at);
      this.#draw(at, false);
    }
  }

  #move(event) {
    const before = this.#down.get(event.pointerId);
    if (!before) return;
    const at = this.#placeOf(event);
    this.#travelled += Math.abs(at.x - before.x) + Math.abs(at.y - before.y);
    if (this.#corner) {
      this.#draw(at, false);
    } else if (this.#down.size === 2) {
      const other = [...this.#down].find(([id]) => id !== event.pointerId)[1];
      const factor = distance(at, other) / Math.max(distance(before, other), 1);
      this.stage.view.pan((at.x - before.x) / 2, (at.y - before.y) / 2);
      this.stage.view.zoom(factor, (at.x + other.x) / 2, (at.y + other.y) / 2);
      this.#seeAnew();
    } else if (this.#travelled > TAP_PX) {
      this.stage.view.pan(at.x - before.x, at.y - before.y);
      this.#seeAnew();
    }
    this.#down.set(event.pointerId, at);
  }

  #release(event) {
    if (!this.#down.has(event.pointerId)) return;
    const at = this.#placeOf(event);
    const alone = this.#down.size === 1;
    this.#down.delete(event.pointerId);
    if (this.#corner) {
      this.#draw(at, true);
      this.#corner = null;
      this.drawing = false;
    } else if (alone && this.#travelled <= TAP_PX) {
      this.hands.tap(at.x, at.y);
    }
  }

  #wheel(event) {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    const at = this.#placeOf(event);
    this.stage.view.zoom(Math.exp(-pixels * WHEEL_STEP), at.x, at.y);
    this.stage.redraw();
  }

  #seeAnew() {
    this.stage.redraw();
    this.hands.moved();
  }

  #draw(at, done) {
    const here = this.#cornerAt(at);
    const [row0, row1] = [this.#corner.row, here.row].sort((a, b) => a - b);
    const [column0, column1] = [this.#corner.column, here.column].sort((a, b) => a - b);
    this.hands.draw({ row0, column0, row1, column1 }, done);
  }

  #cornerAt(at) {
    const { x, y } = this.stage.view.toFloor(at.x, at.y);
    const { width, height } = this.stage.scene.world;
    return { row: clamp(Math.floor(y), height - 1), column: clamp(Math.floor(x), width - 1) };
  }

  #placeOf(event) {
    const box = this.area.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }
}

const clamp = (value, most) => Math.min(Math.max(value, 0), most);
const distance = (one, other) => Math.hypot(one.x - other.x, one.y - other.y);
