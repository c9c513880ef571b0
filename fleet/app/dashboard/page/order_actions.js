/** Adding and cancelling orders. */

import { change, segment } from "./api.js";
import { many, plain } from "./words.js";

const MEASURE = { required: true, step: "any" };

/** @returns {import("./confirm.js").Question} */
export const addOrder = () => ({
  title: "Add an order",
  button: "Add it",
  fields: [
    { name: "id", label: "Order id", rules: { required: true, maxLength: 128, pattern: "\\S(.*\\S)?" } },
    { name: "sku", label: "SKU", rules: { required: true, maxLength: 128 } },
    { name: "quantity", label: "Units", type: "number", value: 1, rules: { required: true, min: 1, step: 1 } },
    { name: "litres", label: "Litres a unit", type: "number", value: 1, rules: { ...MEASURE, min: 0.001 } },
    { name: "kg", label: "Kilograms a unit", type: "number", value: 0.5, rules: { ...MEASURE, min: 0 } },
  ],
  happens: ({ id, sku, quantity }) =>
    `Order ${id || "?"} is taken on and released at once: ${many(Number(quantity) || 0, "unit")} of ${sku || "?"}, `
    + "split into as many tasks as robots need to carry it. It is due after the world's own lead time.",
  run: async ({ id, sku, quantity, litres, kg }) => {
    const line = { sku, quantity: Number(quantity), unit_litres: Number(litres), unit_kg: Number(kg) };
    const answer = await change("POST", "orders", { id, lines: [line] });
    if (answer.results[0].outcome !== "accepted") throw new Error(outcome(id, answer));
    return outcome(id, answer);
  },
});

/** @param {string} id at first @returns {import("./confirm.js").Question} */
export const cancelOrder = (id = "") => ({
  title: "Cancel an order",
  button: "Cancel the order",
  grave: true,
  fields: [{ name: "id", label: "Order id", value: id, rules: { required: true } }],
  happens: (values) =>
    `Tasks of order ${values.id || "?"} that wait are dropped, and robots on their way to a first pick are called `
    + "back. What is being picked or is on a robot still goes to its chute. It cannot be taken back.",
  run: async (values) => outcome(values.id, await change("DELETE", `orders/${segment(values.id)}`)),
});

function outcome(id, answer) {
  const result = answer?.results?.[0] ?? answer ?? {};
  const why = result.reason ? ` (${plain(result.reason)}${result.detail ? `: ${result.detail}` : ""})` : "";
  return `Order ${id}: ${plain(result.outcome ?? "done")}${why}`;
}
