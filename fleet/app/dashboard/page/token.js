/** The token by which somebody may act: kept for this tab only, and never in the address, which others get to see. */

const KEY = "futurepark-token";

/** Take the token out of `#token=...`, and out of the address bar and the history. @returns {boolean} if there is one */
export function takeTokenFromAddress() {
  const found = new URLSearchParams(location.hash.slice(1)).get("token");
  if (found === null) return false;
  history.replaceState(null, "", location.pathname + location.search);
  keepToken(found);
  return true;
}

/** @returns {string} empty for none */
export const token = () => sessionStorage.getItem(KEY) ?? "";

/** @param {string} text empty to forget it */
export function keepToken(text) {
  if (text.trim()) sessionStorage.setItem(KEY, text.trim());
  else sessionStorage.removeItem(KEY);
}
