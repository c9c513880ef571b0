/** All there is to know of the chosen robot, first of all why it waits. */

import { element } from "./element.js";
import { drawRobot } from "./sprites.js";
import { palette, theme } from "./theme.js";
import { plain, span, waitWords } from "./words.js";

const LOW_PERCENT = 25;

/**
 * @typedef {object} Handlers
 * @property {(serial: string) => void} choose another robot
 * @property {() => void} leave none
 * @property {() => void} follow or stop following
 * @property {(cell: number) => void} goTo a cell
 * @property {(action: string, serial: string) => void} act
 */

export class RobotPanel {
  #shown = "";
  /** Whether a finger is on it. */
  #pressed = false;

  /** @param {HTMLElement} holder @param {Handlers} handlers */
  constructor(holder, handlers) {
    this.holder = holder;
    this.handlers = handlers;
    const press = (pressed) => () => {
      this.#pressed = pressed;
    };
    holder.addEventListener("pointerdown", press(true));
    for (const end of ["pointerup", "pointercancel"]) addEventListener(end, press(false));
  }

  /**
   * @param {any} robot RobotView of the server, as far as it is known; null for none
   * @param {{follows: boolean, actions: [string, string][], note: string}} around
   */
  show(robot, around) {
    this.holder.hidden = !robot;
    const shown = JSON.stringify([robot, around, theme()]);
    // A button under a finger stays the same button: what is new is shown once it is let go.
    if (!robot || shown === this.#shown || this.#pressed) return;
    this.#shown = shown;
    const focused = document.activeElement?.getAttribute("data-does");
    this.holder.replaceChildren(this.#head(robot), facts(robot, this.handlers), ...this.#why(robot), ...errands(robot),
      this.#buttons(robot, around), element("p", { class: "needs-token", hidden: !around.note }, around.note));
    if (focused) this.holder.querySelector(`[data-does="${CSS.escape(focused)}"]`)?.focus();
  }

  #head(robot) {
    const picture = element("canvas", { width: 68, height: 68, "aria-hidden": "true" });
    const context = picture.getContext("2d");
    context.translate(34, 34);
    drawRobot(context, 74, 0, robot.condition, robot.loaded === true, palette());
    const condition = element("div", { class: "condition", id: "robot-condition" }, plain(robot.condition));
    const leave = element(
      "button",
      { type: "button", class: "icon close", "aria-label": "Choose no robot", onclick: this.handlers.leave }, "✕",
    );
    const name = element("div", {}, element("strong", { id: "robot-name" }, robot.robot), condition);
    return element("div", { class: "robot-head" }, picture, name, leave);
  }

  #why(robot) {
    const chain = robot.why ?? [];
    if (chain.length === 0) return [];
    const stands = robot.wait !== "none" || chain.length > 1;
    const since = robot.waited_s >= 1 ? `, for ${span(robot.waited_s)} now` : "";
    const title = stands ? `Why it waits${since}` : "Now";
    const links = chain.map((link) => {
      const choose = () => this.handlers.choose(link.robot);
      const does = `choose-${link.robot}`;
      const name = element("button", { type: "button", "data-does": does, onclick: choose }, link.robot);
      // The server's words begin with the name, which is a button here.
      return element("li", {}, name, link.text.startsWith(link.robot) ? link.text.slice(link.robot.length) : link.text);
    });
    return [
      element(
        "div",
        { class: "why", id: "why" },
        element("h3", {}, title),
        element("ol", {}, ...links),
        robot.ring && element("p", { class: "ring" }, "It comes back to itself: these robots wait for one another."),
      ),
    ];
  }

  #buttons(robot, { follows, actions }) {
    const button = (words, does, onclick, pressed) =>
      element(
        "button",
        { type: "button", "data-does": does, "aria-pressed": pressed ?? null, onclick },
        words,
      );
    return element(
      "div",
      { class: "buttons" },
      button("Follow", "follow", this.handlers.follow, follows),
      ...actions.map(([action, words]) => button(words, action, () => this.handlers.act(action, robot.robot))),
    );
  }
}

function facts(robot, handlers) {
  const goTo = (cell, words) =>
    element("button", { type: "button", class: "link", onclick: () => handlers.goTo(cell) }, words);
  const rows = [
    ["Where", robot.place],
    ["Waits", robot.wait && robot.wait !== "none" && (robot.why ?? []).length === 0 ? waitWords(robot.wait) : ""],
    ["Duty", [robot.duty && robot.duty !== "none" ? robot.duty : "", robot.task >= 0 ? `task ${robot.task}` : ""]
      .filter(Boolean).join(", ")],
    ["Order", robot.order],
    ["Goal", robot.goal >= 0 ? goTo(robot.goal, robot.goal_place || "show it") : ""],
    ["Charge", robot.charge_percent === undefined ? "" : chargeOf(robot.charge_percent)],
    ["Not known", robot.trouble],
  ];
  return element(
    "dl",
    { class: "facts" },
    ...rows
      .filter(([, value]) => value)
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]),
  );
}

function chargeOf(percent) {
  const level = element("i");
  level.style.width = `${percent}%`;
  const look = percent <= LOW_PERCENT ? "charge low" : "charge";
  const bar = element("span", { class: look, "aria-hidden": "true" }, level);
  return element("span", {}, bar, `${percent} %`);
}

function errands(robot) {
  if (!robot.errands?.length) return [];
  const rows = robot.errands.map(({ kind, units, sku, done }) =>
    element("li", { class: done ? "done" : "" }, `${kind} ${units}${sku ? ` × ${sku}` : ""}`),
  );
  return [element("ol", { class: "errands", "aria-label": "Errands" }, ...rows)];
}
