/** The server's HTTP API, see docs/http-api.md. */

import { token } from "./token.js";

const BASE = "/api/v1/";

/** The server refused; what it says is shown as it is. */
export class Refusal extends Error {
  /** @param {number} status @param {{where?: string, problem?: string, remedy?: string}} said */
  constructor(status, { where = "", problem = `the server answers ${status}`, remedy = "" }) {
    super(`${where ? `${where}: ` : ""}${problem}${remedy ? `. ${remedy}` : ""}`);
    this.status = status;
    this.remedy = remedy;
  }
}

/** @param {string} path below /api/v1/ @returns {Promise<any>} */
export const read = async (path) => (await ask("GET", path)).json();

/** @param {string} path below /api/v1/ @param {AbortSignal} [signal] @returns {Promise<ArrayBuffer>} */
export const readBytes = async (path, signal) => (await ask("GET", path, undefined, signal)).arrayBuffer();

/**
 * Change something.
 *
 * @param {"POST" | "PATCH" | "DELETE"} method
 * @param {string} path below /api/v1/
 * @param {object} [body]
 * @returns {Promise<any>}
 */
export async function change(method, path, body) {
  const text = await (await ask(method, path, body)).text();
  return text ? JSON.parse(text) : null;
}

/** A part of a path, from a name that may hold anything. */
export const segment = (name) => encodeURIComponent(name);

async function ask(method, path, body, signal) {
  const headers = {};
  if (token()) headers.Authorization = `Bearer ${token()}`;
  if (body !== undefined) headers["Content-Type"] = "application/json";
  let answer;
  try {
    answer = await fetch(BASE + path, { method, headers, signal, body: body && JSON.stringify(body) });
  } catch (failure) {
    if (failure.name === "AbortError") throw failure;
    throw new Refusal(0, { problem: "the server does not answer", remedy: "see whether futurepark serve runs" });
  }
  if (!answer.ok) throw new Refusal(answer.status, await answer.json().catch(() => ({})));
  return answer;
}
