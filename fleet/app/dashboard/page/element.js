/** Elements of the page, made in one expression. */

/**
 * @param {string} tag
 * @param {Record<string, any>} [properties] `on...` are listeners, `class` and names with `-` attributes, others
 *   properties; what is null is left out, and what is false but for aria-...
 * @param {...(Node | string | null | false | undefined)} children
 * @returns {any} the element
 */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    const attribute = name === "class" || name === "role" || name.includes("-");
    if (value === null || value === undefined || (value === false && !name.startsWith("aria-"))) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (attribute) made.setAttribute(name, String(value));
    else made[name] = value;
  }
  made.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** An element of index.html. @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/**
 * Put other children into an element, unless they look as they did: what has the focus stays, and a screen reader says
 * nothing twice.
 *
 * @param {Element} parent @param {...(Node | string)} children
 */
export function refill(parent, ...children) {
  const holder = document.createElement(parent.tagName);
  holder.append(...children);
  if (holder.innerHTML === parent.innerHTML) return;
  parent.replaceChildren(...holder.childNodes);
}
