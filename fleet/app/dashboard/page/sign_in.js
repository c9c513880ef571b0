/** Who acts: a token typed in, or taken from the address. */

import { ask, toast } from "./confirm.js";
import { keepToken, token } from "./token.js";

export class SignIn {
  /** Whether the server lets this token act. */
  mayAct = false;

  /** @param {HTMLElement} button @param {() => void} changed there is another token, or none */
  constructor(button, changed) {
    this.button = button;
    this.changed = changed;
    button.addEventListener("click", () => (token() ? this.#leave() : this.ask()));
  }

  /** What the server says of the token. @param {boolean} mayAct @param {string} user */
  told(mayAct, user) {
    this.mayAct = mayAct;
    this.button.textContent = token() ? `${user || "?"}${mayAct ? "" : " (viewer)"}: sign out` : "Sign in";
  }

  /** Say that it takes a token, and ask for one. */
  ask() {
    ask({
      title: "Acting needs an operator's token",
      button: "Sign in",
      fields: [{ name: "token", label: "Token", rules: { required: true, type: "password", autocomplete: "off" } }],
      happens: () =>
        "Everybody may look; to change anything takes a token, which `futurepark token new NAME --role operator` "
        + "makes. It stays in this tab and is forgotten with it. What you do is on record under its name.",
      run: async (values) => {
        keepToken(values.token);
        this.changed();
        return "The token is kept until this tab is closed";
      },
    });
  }

  #leave() {
    keepToken("");
    this.changed();
    toast("Signed out");
  }
}
