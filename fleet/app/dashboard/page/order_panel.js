/** An order that somebody looked for: how it stands, and which robots have it. */

import { element } from "./element.js";
import { clock, many, span } from "./words.js";

/**
 * @param {HTMLElement} holder
 * @param {any} view OrderView of the server
 * @param {number} now seconds on the site's clock: what is shown is how things were then
 * @param {{choose: (serial: string) => void, cancel: (id: string) => void}} handlers
 */
export function showOrder(holder, view, now, handlers) {
  const { order, tasks } = view;
  const late = order.late_s > 0 ? `${span(order.late_s)} late` : `due in ${span(-order.late_s)}`;
  const hide = () => {
    holder.hidden = true;
  };
  const cancel = () => handlers.cancel(order.order);
  const leave = element(
    "button", { type: "button", class: "icon close", "aria-label": "Close the order", onclick: hide }, "✕",
  );
  const rows = tasks.map((task) => {
    const robot = task.robot
      ? element("button", { type: "button", onclick: () => handlers.choose(task.robot) }, task.robot)
      : "no robot";
    const done = `${task.errands_done} of ${many(task.errands, "errand")}`;
    return element("li", {}, `Task ${task.task}: ${task.status}, ${done}, `, robot);
  });
  holder.hidden = false;
  holder.replaceChildren(
    element("div", { class: "robot-head" }, element("strong", {}, order.order), leave),
    element("p", {}, [
      `At ${clock(now)}: ${order.status}`, ...(order.status === "open" ? [late] : []), many(order.units, "unit"),
      `${order.tasks_done} of ${many(order.tasks, "task")} done`, `priority ${order.priority}`,
    ].join(", ")),
    element("ul", { class: "list" }, ...rows),
    element(
      "div",
      { class: "buttons" },
      order.status === "open" && element("button", { type: "button", onclick: cancel }, "Cancel the order"),
    ),
  );
}
