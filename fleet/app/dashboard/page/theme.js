/** Dark or light: as the system has it, until somebody says otherwise. */

const KEY = "futurepark-theme";
const system = matchMedia("(prefers-color-scheme: dark)");

/**
 * Colours of what is drawn on canvases; the rest is in style.css. Robots have Okabe and Ito's palette ("Color Universal
 * Design", 2008), which colour-blind people can tell apart, as floor plans and reports do.
 */
const PALETTES = {
  light: {
    outside: "#e9ecf0", lane: "#ffffff", grid: "#e6e9ee", rack: "#8d96a5", rackEdge: "#717b8b", pickFace: "#f1f3f6",
    opening: "#3c4554", dock: "#f6d3b8", dockEdge: "#d55e00", chute: "#cfe3f1", chuteEdge: "#0072b2",
    charger: "#cbeadf", chargerEdge: "#009e73", parking: "#f8f3cc", parkingEdge: "#c9b93a",
    name: "#3b4350", nameHalo: "#ffffffd9", chart: "#0072b2", chartFill: "#0072b226", chartAxis: "#8a93a1",
    chosen: "#000000", chosenHalo: "#ffffff", path: "#0072b2", chain: "#d55e00", robotEdge: "#1d2430",
    spot: "#10151d", spotText: "#ffffff",
    robots: {
      idle: "#aab2be", waiting: "#e69f00", turning: "#56b4e9", driving: "#0072b2", service: "#009e73",
      charging: "#f0e442", halted: "#cc79a7", trouble: "#d55e00",
    },
  },
  dark: {
    outside: "#0b0e13", lane: "#171c24", grid: "#1f2630", rack: "#3d4757", rackEdge: "#4e5a6d", pickFace: "#1c222c",
    opening: "#05070a", dock: "#4a2a14", dockEdge: "#d55e00", chute: "#0f3048", chuteEdge: "#2f8fcb",
    charger: "#0d3a2e", chargerEdge: "#00b383", parking: "#2c2b18", parkingEdge: "#8d842f",
    name: "#c6cfdb", nameHalo: "#0b0e13d9", chart: "#56b4e9", chartFill: "#56b4e933", chartAxis: "#6f7b8c",
    chosen: "#ffffff", chosenHalo: "#000000", path: "#56b4e9", chain: "#ff8b3d", robotEdge: "#05070a",
    spot: "#ffffff", spotText: "#10151d",
    robots: {
      idle: "#7d8796", waiting: "#f5ae14", turning: "#9fd4f3", driving: "#56b4e9", service: "#1fc799",
      charging: "#f0e442", halted: "#e08fbd", trouble: "#ff6a1f",
    },
  },
};

/** @returns {"dark" | "light"} */
export function theme() {
  return localStorage.getItem(KEY) ?? (system.matches ? "dark" : "light");
}

/** @returns {typeof PALETTES.light} */
export const palette = () => PALETTES[theme()];

/** The other one from now on. */
export function switchTheme() {
  localStorage.setItem(KEY, theme() === "dark" ? "light" : "dark");
  show();
}

const listeners = new Set();

/** @param {() => void} listener called after each change */
export function onTheme(listener) {
  listeners.add(listener);
}

/** Put the theme on the page, now and whenever the system changes its own. */
export function startTheme() {
  system.addEventListener("change", show);
  show();
}

function show() {
  document.documentElement.dataset.theme = theme();
  for (const listener of listeners) listener();
}
