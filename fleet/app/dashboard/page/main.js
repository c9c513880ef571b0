/** Where the page begins: a live floor, a recorded run, or a list of them. */

import { read, segment } from "./api.js";
import { byId } from "./element.js";
import { Live } from "./live.js";
import { Replay } from "./replay.js";
import { chooseRun } from "./runs_dialog.js";
import { SignIn } from "./sign_in.js";
import { showState } from "./status_line.js";
import { startTheme } from "./theme.js";
import { takeTokenFromAddress } from "./token.js";
import { World } from "./world.js";

const RETRY_MS = 1000;
const UNAUTHORISED = 401;

/** Begin again and again until the server, and behind it the controller, has said what the floor looks like. */
async function begin() {
  const run = new URLSearchParams(location.search).get("run");
  for (;;) {
    try {
      if (run) return await replay(run);
      if ((await read("health")).live) return new Live(new World(await read("world")));
      showState("replay", "No live floor", "This server follows no controller. Recorded runs can be replayed.");
      await chooseRun();
      return null;
    } catch (failure) {
      if (failure.status === UNAUTHORISED) {
        showState("lost", "Not let in", failure.message);
        signInFirst();
        return null;
      }
      if (run && failure.status) {
        showState("lost", "Cannot be shown", failure.message);
        return null;
      }
      showState(failure.status ? "connecting" : "lost", "Connecting", failure.message);
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }
}

async function replay(run) {
  const path = `runs/${segment(run)}`;
  const [summary, world] = await Promise.all([read(path), read(`${path}/world`)]);
  showState("replay", `Replay ${run}`);
  return new Replay(run, new World(world), summary);
}

/** On another machine even looking takes a token. */
function signInFirst() {
  new SignIn(byId("token-button"), () => location.reload()).ask(true);
}

takeTokenFromAddress();
// Where the page is open already, a browser does not load it anew for another `#token=...`.
addEventListener("hashchange", () => takeTokenFromAddress() && location.reload());
startTheme();
byId("runs-button").addEventListener("click", chooseRun);

/** The live floor or the replay, once it is there. */
export const shown = document.documentElement.classList.contains("too-old") ? null : begin();
