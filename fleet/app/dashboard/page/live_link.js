/** The websocket to the server: it comes back by itself, later and later. */

import { decode, FrameKind } from "./frames.js";
import { token } from "./token.js";

const FIRST_RETRY_MS = 500;
const LONGEST_RETRY_MS = 15_000;
// Nothing for this long, and the connection is taken for dead: the server says something every second.
const SILENT_MS = 8_000;
// The server shows out who says more than twenty things a second; a key that is held down would.
const SAY_MS = 100;

/**
 * @typedef {object} Listener
 * @property {(frame: import("./frames.js").Frame) => void} fleet
 * @property {(frame: import("./frames.js").Frame) => void} duties
 * @property {(frame: import("./frames.js").Frame) => void} heat
 * @property {(message: any) => void} told one of Hello, SiteTold, EventsTold, RobotTold, by its `kind`
 * @property {(retryInMs: number) => void} lost the connection
 */

export class LiveLink {
  /** @type {WebSocket | null} */
  #socket = null;
  #retryMs = FIRST_RETRY_MS;
  #timer = 0;
  #watchdog = 0;
  #saying = 0;
  #watch = { robot: "", heat: "", window_s: 300 };

  /** @param {Listener} listener */
  constructor(listener) {
    this.listener = listener;
  }

  /** Connect, anew if there is a connection: with another token, for instance. */
  connect() {
    clearTimeout(this.#timer);
    this.#drop();
    const address = new URL("/live", location.href);
    address.protocol = address.protocol === "https:" ? "wss:" : "ws:";
    // Browsers send no Authorization header here; an offered subprotocol is in no log of addresses.
    const offered = token() ? ["futurepark", `token.${token()}`] : ["futurepark"];
    const socket = new WebSocket(address, offered);
    socket.binaryType = "arraybuffer";
    socket.onmessage = ({ data }) => this.#take(data);
    socket.onclose = () => this.#lost();
    this.#socket = socket;
    this.#alive();
  }

  /** Say what else than robots is to be told. @param {{robot?: string, heat?: string, window_s?: number}} watch */
  watch(watch) {
    this.#watch = { ...this.#watch, ...watch };
    this.#saying ||= setTimeout(() => this.#say(), SAY_MS);
  }

  #say() {
    this.#saying = 0;
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(JSON.stringify(this.#watch));
  }

  #take(data) {
    this.#alive();
    if (typeof data === "string") {
      const message = JSON.parse(data);
      if (message.kind === "hello") {
        this.#retryMs = FIRST_RETRY_MS;
        this.watch({});
      }
      this.listener.told(message);
      return;
    }
    const frame = decode(data);
    if (frame.kind === FrameKind.FLEET) this.listener.fleet(frame);
    else if (frame.kind === FrameKind.DUTIES) this.listener.duties(frame);
    else this.listener.heat(frame);
  }

  #alive() {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => this.#lost(), SILENT_MS);
  }

  #drop() {
    clearTimeout(this.#watchdog);
    if (!this.#socket) return;
    this.#socket.onclose = null;
    this.#socket.onmessage = null;
    this.#socket.close();
    this.#socket = null;
  }

  #lost() {
    this.#drop();
    this.listener.lost(this.#retryMs);
    this.#timer = setTimeout(() => this.connect(), this.#retryMs);
    this.#retryMs = Math.min(2 * this.#retryMs, LONGEST_RETRY_MS);
  }
}
