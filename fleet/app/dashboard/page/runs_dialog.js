/** The recorded runs, to choose one. */

import { read } from "./api.js";
import { open } from "./confirm.js";
import { element } from "./element.js";
import { figure, span } from "./words.js";

/** Show them, and the way to the live floor if there is one. */
export async function chooseRun() {
  const body = element("tbody");
  const words = element("p", { class: "happens" }, "Reading …");
  const heads = ["Run", "World", "Robots", "Length", "Tasks an hour", "Seed"].map((text) => element("th", {}, text));
  const table = element("table", { hidden: true }, element("thead", {}, element("tr", {}, ...heads)), body);
  const live = element("button", { type: "button", hidden: true, onclick: () => location.assign("/") }, "Live floor");
  const close = element("button", { type: "button", onclick: () => dialog.close() }, "Close");
  const answers = element("div", { class: "answers" }, live, close);
  const dialog = open(element("div", {}, element("h2", {}, "Recorded runs"), words, table, answers), "Recorded runs", {
    class: "wide",
  });
  try {
    live.hidden = !(await read("health")).live;
    const runs = await read("runs");
    words.textContent = "There are none: `futurepark run` writes them, and --runs says where they are.";
    words.hidden = runs.length > 0;
    table.hidden = runs.length === 0;
    body.append(...runs.map(rowOf));
  } catch (failure) {
    words.textContent = failure.message;
  }
}

function rowOf(run) {
  const link = element("a", { href: `/?run=${encodeURIComponent(run.run)}` }, run.run);
  const length = span(run.steps * run.step_s);
  const cells = [link, run.world, figure(run.robots), length, figure(run.tasks_per_hour), run.seed];
  return element("tr", {}, ...cells.map((cell) => element("td", {}, cell instanceof Node ? cell : String(cell))));
}
