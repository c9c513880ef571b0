/** What an operator can do to parts of the floor, each with what will happen; docs/zones.md has the rules. */

import { change } from "./api.js";
import { many, plain } from "./words.js";

const MINUTE_S = 60;

/** What each kind does, to `place`. */
const HAPPENS = {
  close: (place) => `No robot enters ${place} any more. Robots that are inside drive on and out.`,
  slow: (place, { limit }) => `Robots drive no faster than ${limit || "?"} m/s in ${place}.`,
  e_stop: (place) => `Robots in ${place} stop where they are, and none enters. It never ends by itself: somebody has `
    + "to look, request the clearing and confirm it.",
};

/**
 * Close, slow or stop a part of the floor.
 *
 * @param {import("./world.js").World} world
 * @param {import("./extent.js").Block | null} block of cells; null to choose one of the zones that the world names
 * @returns {import("./confirm.js").Question}
 */
export function restrict(world, block) {
  const names = world.zones.map(({ name }) => [name, name]);
  const place = ({ zone }) => (block ? `the block of ${wordsOf(block)}` : zone || "the zone");
  return {
    title: block ? "Restrict a block of cells" : "Restrict a zone",
    button: "Do it",
    fields: [
      {
        name: "kind", label: "What", type: "select",
        options: [["close", "Close"], ["slow", "Slow down"], ["e_stop", "Emergency stop"]],
      },
      { name: "zone", label: "Zone", type: "select", options: names, wanted: () => !block },
      {
        name: "limit", label: "Limit, m/s", type: "number", value: 0.5,
        rules: { min: 0.01, max: 100, step: 0.01, required: true },
        wanted: (values) => values.kind === "slow",
      },
      {
        name: "minutes", label: "For minutes", type: "number",
        rules: { min: 0.1, max: 43200, step: 0.1, placeholder: "until it is opened" },
        wanted: (values) => values.kind !== "e_stop",
      },
      { name: "ref", label: "Label", rules: { placeholder: "if wanted, such as spill", maxLength: 64 } },
    ],
    happens: (values) => {
      const minutes = Number(values.minutes);
      const ends = minutes ? `It ends by itself after ${minutes} min.` : "It stays until somebody opens it.";
      const what = HAPPENS[values.kind](place(values), values);
      return values.kind === "e_stop" ? what : `${what} ${ends}`;
    },
    run: async (values) => {
      await change("POST", "zones", actionOf(values, block));
      return `${{ close: "Closed", slow: "Slowed", e_stop: "Stopped" }[values.kind]}: ${place(values)}`;
    },
  };
}

/** Everybody stops. @returns {import("./confirm.js").Question} */
export const stopFloor = () => ({
  title: "Emergency stop of the whole floor",
  button: "Stop all robots",
  grave: true,
  happens: () => "All robots stop where they are. It never ends by itself: somebody has to look, request the clearing "
    + "and confirm it. It is no safety function: messages may come late or not at all, so use the stop button on the "
    + "wall when people are in danger.",
  run: async () => {
    await change("POST", "stop");
    return "Emergency stop of the whole floor";
  },
});

/** End a restriction that is no stop. @param {any} zone ZoneInForce of the server */
export const openZone = (zone) => ({
  title: `Open ${zone.place}`,
  button: "Open it",
  happens: () => `The restriction of ${zone.place} (${plain(zone.kind)}${zone.by ? `, by ${zone.by}` : ""}) ends. `
    + "Robots may use it at once unless another restriction holds there.",
  run: async () => {
    await change("DELETE", `zones/${zone.id}`);
    return `Open: ${zone.place}`;
  },
});

/** The first of two steps that end a stop. @param {any} zone ZoneInForce */
export const requestClear = (zone) => ({
  title: `Request the clearing of ${zone.place}`,
  button: "I have looked: request it",
  happens: () => "Nothing moves yet. Between 1 and 120 seconds later somebody confirms it, and robots go on by "
    + "themselves. Request it only after somebody has looked at the place.",
  run: async () => {
    await change("POST", `zones/${zone.id}/request_clear`);
    return "Requested: confirm it within 120 seconds";
  },
});

/** The second step. @param {any} zone ZoneInForce */
export const confirmClear = (zone) => ({
  title: `Clear ${zone.place}`,
  button: "Clear it: robots go on",
  grave: true,
  happens: () => `Robots in ${zone.place} go on by themselves as soon as it is cleared, unless another stop holds `
    + `there. The clearing was requested by ${zone.clear_requested_by}.`,
  run: async () => {
    await change("POST", `zones/${zone.id}/confirm_clear`);
    return `Cleared: ${zone.place}`;
  },
});

function actionOf(values, block) {
  const { kind, zone, limit, minutes, ref } = values;
  return {
    do: kind,
    ...(block ? { rect: [block.row0, block.column0, block.row1, block.column1] } : { zone }),
    ...(kind === "slow" && { limit_mps: Number(limit) }),
    ...(kind !== "e_stop" && minutes && { for_s: Number(minutes) * MINUTE_S }),
    ...(ref && { ref }),
  };
}

/** A block of cells in words. @param {import("./extent.js").Block} block */
export function wordsOf(block) {
  const cells = (block.row1 - block.row0 + 1) * (block.column1 - block.column0 + 1);
  return `rows ${block.row0} to ${block.row1}, columns ${block.column0} to ${block.column1} (${many(cells, "cell")})`;
}

