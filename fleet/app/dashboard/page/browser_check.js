/* Said in words that even an old browser understands: this file is no module and has no new syntax. */
(function () {
  "use strict";
  var missing = !("noModule" in document.createElement("script")) || typeof HTMLDialogElement === "undefined" ||
    typeof ResizeObserver === "undefined" || typeof structuredClone === "undefined" ||
    typeof CanvasRenderingContext2D === "undefined" || !("roundRect" in CanvasRenderingContext2D.prototype);
  if (!missing) return;
  document.documentElement.className += " too-old";
  var banner = document.getElementById("banner");
  banner.textContent = "This browser is too old. The page takes Chromium 100, Firefox 112, Safari 16.4, or later.";
  banner.hidden = false;
  document.getElementById("state-text").textContent = "Browser too old";
})();
