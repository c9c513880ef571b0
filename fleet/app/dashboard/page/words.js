/** Words and figures for people. */

/** What a robot is up to, by number, as in fleet/app/site/condition.py. */
export const CONDITIONS = Object.freeze([
  "idle", "waiting", "turning", "driving", "service", "charging", "halted", "blocked", "empty", "lost", "failed",
  "silent",
]);

/** Conditions that somebody ought to look at. */
export const TROUBLED = Object.freeze(["blocked", "empty", "lost", "failed", "silent"]);

/** What robots wait for, by number, as in fleet.runtime.waits. */
export const WAITS = Object.freeze(["none", "robot", "closed", "halted", "fault", "yield", "no_way"]);

const WAIT_WORDS = {
  none: "waits for nothing",
  robot: "another robot is in its way",
  closed: "its way or its goal is closed",
  halted: "it was told to stand",
  fault: "it is out of action itself",
  yield: "its way is free; others go first",
  no_way: "no way leads to its goal",
};

/** @param {string} wait name of a reason */
export const waitWords = (wait) => WAIT_WORDS[wait] ?? wait.replaceAll("_", " ");

/** 75 is "1:15 min". @param {number} seconds */
export function span(seconds) {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)}:${two(whole % 60)} min`;
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))} h`;
}

/** 3675 is "1:01:15". @param {number} seconds */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  return `${Math.floor(whole / 3600)}:${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
}

/** A figure with as many digits as one reads. @param {number} value */
export function figure(value) {
  if (Math.abs(value) >= 100 || Number.isInteger(value)) return Math.round(value).toLocaleString("en");
  return value.toLocaleString("en", { maximumSignificantDigits: 2 });
}

/** @param {number} count @param {string} noun of one */
export const many = (count, noun) => `${count.toLocaleString("en")} ${noun}${count === 1 ? "" : "s"}`;

/** "robot_down" is "robot down". */
export const plain = (name) => name.replaceAll("_", " ");

const two = (number) => String(number).padStart(2, "0");
