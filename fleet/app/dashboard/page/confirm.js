/** The dialog before anything is done: what will happen, in words, and what is asked for. */

import { element } from "./element.js";

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {"text" | "number" | "select"} [type]
 * @property {[string, string][]} [options] value and words, of a select
 * @property {string | number} [value] at first
 * @property {Record<string, any>} [rules] properties of the input: required, min, max, step, pattern, placeholder
 * @property {(values: Record<string, string>) => boolean} [wanted] whether it is asked for, as the others stand
 */

/**
 * @typedef {object} Question
 * @property {string} title
 * @property {(values: Record<string, string>) => string} happens what will happen, in whole sentences
 * @property {string} button what the button that does it says
 * @property {(values: Record<string, string>) => Promise<string>} run do it; what came of it, in words
 * @property {Field[]} [fields]
 * @property {boolean} [grave] robots will stop, or something is lost
 */

/** Ask, do it if somebody says so, and say what came of it. A refusal is shown as the server words it. */
export function ask(/** @type {Question} */ question) {
  const fields = question.fields ?? [];
  const inputs = new Map(fields.map((field) => [field.name, inputOf(field)]));
  const rows = new Map(
    fields.map((field) => [
      field.name,
      element("label", { class: "field" }, element("span", {}, field.label), inputs.get(field.name)),
    ]),
  );
  const happens = element("p", { class: question.grave ? "happens grave" : "happens" });
  const refusal = element("p", { class: "refusal", role: "alert", hidden: true });
  const confirm = element("button", { class: question.grave ? "danger" : "primary", type: "submit" }, question.button);
  const values = () => Object.fromEntries([...inputs].map(([name, input]) => [name, input.value.trim()]));
  const tell = () => {
    for (const { name, wanted } of fields) {
      const asked = !wanted || wanted(values());
      rows.get(name).hidden = !asked;
      inputs.get(name).disabled = !asked;
    }
    happens.textContent = question.happens(values());
  };
  const form = element(
    "form",
    { method: "dialog", oninput: tell },
    element("h2", {}, question.title),
    element("div", { class: "fields" }, ...rows.values()),
    happens,
    refusal,
    element(
      "div",
      { class: "answers" },
      element("button", { type: "button", onclick: () => dialog.close() }, "Cancel"),
      confirm,
    ),
  );
  const dialog = open(form, question.title);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    confirm.disabled = true;
    refusal.hidden = true;
    try {
      toast(await question.run(values()));
      dialog.close();
    } catch (failure) {
      // Whoever has closed the dialog meanwhile has not called back what was sent.
      if (!dialog.open) toast(failure.message);
      refusal.textContent = failure.message;
      refusal.hidden = false;
      confirm.disabled = false;
    }
  });
  tell();
}

/** Open a dialog that goes away when it is closed. @param {Element} content @param {string} title */
export function open(content, title, properties = {}) {
  const dialog = element("dialog", { "aria-label": title, ...properties }, content);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  return dialog;
}

/** Say something for a few seconds. @param {string} text */
export function toast(text) {
  const made = element("p", { class: "toast" }, text);
  document.getElementById("toasts").append(made);
  setTimeout(() => made.remove(), 4000);
}

function inputOf({ name, type = "text", options = [], value, rules = {} }) {
  if (type !== "select") return element("input", { name, type, value: value ?? "", autocomplete: "off", ...rules });
  const choices = options.map(([key, words]) => element("option", { value: key }, words));
  const select = element("select", { name }, ...choices);
  if (value !== undefined) select.value = value;
  return select;
}
