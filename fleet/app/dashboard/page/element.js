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
 * Let an element have other children, and change only what looks different: what has the focus or a finger on it stays,
 * and a screen reader says nothing twice. What has other data attributes is something else and is replaced. Listeners
 * of children are not taken over: listen at the element.
 *
 * @param {Element} parent @param {...(Node | string)} children
 */
export function refill(parent, ...children) {
  const wanted = document.createElement(parent.tagName);
  wanted.append(...children);
  become(parent, wanted);
}

function become(old, wanted) {
  while (old.childNodes.length > wanted.childNodes.length) old.lastChild.remove();
  [...wanted.childNodes].forEach((child, place) => {
    const there = old.childNodes[place];
    if (!there) old.append(child);
    else if (there.isEqualNode(child)) return;
    else if (child instanceof Element && isSame(there, child)) becomeElement(there, child);
    else there.replaceWith(child);
  });
}

const isSame = (old, wanted) =>
  old.nodeName === wanted.nodeName && JSON.stringify(old.dataset) === JSON.stringify(wanted.dataset);

function becomeElement(old, wanted) {
  for (const name of old.getAttributeNames()) if (!wanted.hasAttribute(name)) old.removeAttribute(name);
  for (const name of wanted.getAttributeNames()) old.setAttribute(name, wanted.getAttribute(name));
  become(old, wanted);
}
