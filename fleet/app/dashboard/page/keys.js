/** The keyboard: one table of what each key does, for people and for the page. */

/** @typedef {{keys: string[], shown: string, says: string, does: () => void}} Binding */

/**
 * Listen to keys, unless somebody is writing or a dialog is open.
 *
 * @param {Binding[]} bindings
 */
export function listen(bindings) {
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
    const target = /** @type {HTMLElement} */ (event.target);
    if (target.closest("input, select, textarea")) {
      if (event.key === "Escape") target.blur();
      return;
    }
    // A button that has the focus is pressed by these two.
    if (target.closest("button, summary, a") && (event.key === " " || event.key === "Enter")) return;
    const binding = bindings.find(({ keys }) => keys.includes(event.key));
    if (!binding) return;
    event.preventDefault();
    binding.does();
  });
}
