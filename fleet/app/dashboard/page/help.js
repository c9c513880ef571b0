/** Help: the keys, and what is what. */

import { open } from "./confirm.js";
import { element } from "./element.js";

/** @param {import("./keys.js").Binding[]} bindings */
export function showHelp(bindings) {
  const rows = bindings.map(({ shown, says }) =>
    element("tr", {}, element("td", {}, element("kbd", {}, shown)), element("td", {}, says)),
  );
  const close = element("button", { type: "button", class: "primary", onclick: () => dialog.close() }, "Close");
  const dialog = open(
    element(
      "div",
      {},
      element("h2", {}, "Keys"),
      element("table", {}, element("tbody", {}, ...rows)),
      element(
        "p",
        { class: "happens" },
        "Drag to move the floor, wheel or pinch to zoom, click or tap a robot to choose it. Around a chosen robot, "
          + "solid is what it may drive, dashed what is planned, the cross its goal, and arrows lead to whom it "
          + "waits for.",
      ),
      element("div", { class: "answers" }, close),
    ),
    "Help",
  );
}
