/** The bar below a replay: play, speed, where it is, and jumps to events. */

import { element } from "./element.js";
import { kindSelect } from "./event_kinds.js";
import { SPEEDS } from "./playhead.js";
import { clock } from "./words.js";

export class Transport {
  /**
   * @param {HTMLElement} holder
   * @param {import("./playhead.js").Playhead} playhead
   * @param {(direction: 1 | -1) => void} jump to the next or previous event of the chosen group
   */
  constructor(holder, playhead, jump) {
    this.playhead = playhead;
    const toggle = () => playhead.toggle();
    this.play = element("button", { type: "button", class: "primary play", id: "play", onclick: toggle });
    this.bar = element("input", {
      type: "range", id: "scrubber", min: 0, max: playhead.duration, step: "any", value: 0,
      "aria-label": "Time in the run",
      oninput: () => playhead.seek(Number(this.bar.value)),
    });
    this.time = element("output", { id: "replay-time" });
    this.speed = element(
      "select",
      { id: "speed", "aria-label": "Speed", onchange: () => { playhead.speed = Number(this.speed.value); } },
      ...SPEEDS.map((speed) => element("option", { value: speed }, `${speed}×`)),
    );
    this.kind = kindSelect("jump-kind", "Kind of event to jump to", "trouble");
    const ways = [[-1, "‹", "Previous event", "jump-back"], [1, "›", "Next event", "jump-on"]];
    const jumps = ways.map(([step, sign, words, id]) =>
      element(
        "button",
        {
          type: "button", class: "icon", id, "aria-label": words, title: words,
          onclick: () => jump(/** @type {1 | -1} */ (step)),
        },
        sign,
      ),
    );
    holder.replaceChildren(this.play, this.speed, this.bar, this.time, jumps[0], this.kind, jumps[1]);
    holder.hidden = false;
    this.show();
  }

  /** Show where the replay is. */
  show() {
    const { playing, t, duration, speed } = this.playhead;
    const words = playing ? "Pause" : "Play";
    if (this.play.textContent !== words) this.play.textContent = words;
    if (document.activeElement !== this.speed) this.speed.value = String(speed);
    this.bar.value = String(t);
    this.bar.setAttribute("aria-valuetext", clock(t));
    const time = `${clock(t)} / ${clock(duration)}`;
    if (this.time.textContent !== time) this.time.textContent = time;
  }
}
