/** Who acts: a token typed in, or taken from the address. */

import { read } from "./api.js";
import { ask, toast } from "./confirm.js";
import { keepToken, token } from "./token.js";

export class SignIn {
  /** Whether the server lets this token act. */
  mayAct = false;
  /** Whether the server has taken the token. */
  #taken = false;

  /** @param {HTMLElement} button @param {() => void} changed there is another token, or none */
  constructor(button, changed) {
    this.button = button;
    this.changed = changed;
    button.addEventListener("click", () => (this.#taken && token() ? this.#leave() : this.ask()));
  }

  /** What the server says of the token. @param {boolean} mayAct @param {string} user */
  told(mayAct, user) {
    this.mayAct = mayAct;
    this.#taken = true;
    this.button.textContent = token() ? `${user || "?"}${mayAct ? "" : " (viewer)"}: sign out` : "Sign in";
  }

  /** Say that it takes a token, and ask for one. @param {boolean} [looking] whether even to look takes one */
  ask(looking = false) {
    ask({
      title: looking ? "Looking needs a token here" : "Acting needs an operator's token",
      button: "Sign in",
      fields: [{ name: "token", label: "Token", rules: { required: true, type: "password", autocomplete: "off" } }],
      happens: () =>
        `${looking ? "To look takes a viewer's or operator's token" : "To change anything takes a token"}, which `
        + `\`futurepark token new NAME --role ${looking ? "viewer" : "operator"}\` makes. It stays in this tab and is `
        + "forgotten with it. What you do is on record under its name.",
      run: async (values) => {
        const before = token();
        keepToken(values.token);
        try {
          await read("health");
        } catch (failure) {
          keepToken(before);
          throw failure;
        }
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
