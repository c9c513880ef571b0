/** What an operator can do to a robot, each with what will happen. */

import { change, segment } from "./api.js";

/** @type {Record<string, {title: string, button: string, happens: string, done: string, grave?: boolean}>} */
const ACTIONS = {
  pause: {
    title: "Pause", button: "Pause it", done: "paused",
    happens: "stops at the end of what it was granted and stands there until somebody resumes it. It keeps its task, "
      + "and robots behind it wait or drive around.",
  },
  resume: { title: "Resume", button: "Resume it", done: "goes on", happens: "goes on with what it was doing." },
  out_of_service: {
    title: "Take out of service", button: "Take it out", done: "goes out of service",
    happens: "finishes its task, then parks or charges, and is given no other task until it is put into service again.",
  },
  into_service: {
    title: "Put into service", button: "Put it in", done: "is in service", happens: "may be given tasks again.",
  },
};

/**
 * @param {keyof ACTIONS} action
 * @param {string} serial of the robot
 * @returns {import("./confirm.js").Question}
 */
export function actOnRobot(action, serial) {
  const { title, button, happens, done } = ACTIONS[action];
  return {
    title: `${title}: ${serial}`,
    button,
    happens: () => `${serial} ${happens}`,
    run: async () => {
      await change("POST", `robots/${segment(serial)}/${action}`);
      return `${serial} ${done}`;
    },
  };
}

/**
 * Which actions make sense for a robot.
 *
 * @param {string} serial
 * @param {any[]} zones in force, as the site tells them
 * @returns {[keyof ACTIONS, string][]} with what their buttons say
 */
export function actionsFor(serial, zones) {
  const restricted = (kind) => zones.some((zone) => zone.kind === kind && zone.robot === serial);
  return [
    restricted("pause") ? ["resume", "Resume"] : ["pause", "Pause"],
    restricted("out_of_service") ? ["into_service", "Into service"] : ["out_of_service", "Out of service"],
  ];
}
