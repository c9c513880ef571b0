/** Zones in force on the floor: hatched by kind, with a few words. */

// Okabe and Ito's colours; where lines are only tinted, the direction of hatching says the rest.
const LOOKS = {
  close: { colour: "#d55e00", hatch: 1 },
  slow: { colour: "#e6c700", hatch: -1 },
  one_way: { colour: "#0072b2", hatch: -1 },
};
const STOP = { colour: "#d50032", hatch: 1 };
const DRAWN = { colour: "#cc79a7", hatch: 1 };
const HATCH_PX = 9;

/**
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {import("./scene.js").Scene} scene
 * @param {import("./view.js").View} view
 */
export function drawZones(context, scene, view) {
  for (const zone of scene.zones) {
    const look = LOOKS[zone.kind] ?? STOP;
    for (const block of zone.blocks) drawBlock(context, view, block, look, !zone.whole);
    if (zone.blocks.length > 0) drawLabel(context, view, zone.blocks[0], zone.label, look.colour);
  }
  if (scene.drawn) drawBlock(context, view, scene.drawn, DRAWN, true);
}

/** The whole floor is tinted only: hatched, nothing else would be seen any more. */
function drawBlock(context, view, block, look, hatched) {
  const from = view.toCanvas(block.column0, block.row0);
  const to = view.toCanvas(block.column1 + 1, block.row1 + 1);
  const [width, height] = [to.x - from.x, to.y - from.y];
  context.save();
  context.beginPath();
  context.rect(from.x, from.y, width, height);
  context.globalAlpha = 0.2;
  context.fillStyle = look.colour;
  context.fill();
  context.clip();
  if (hatched) hatch(context, view, from, to, look);
  context.restore();
  context.strokeStyle = look.colour;
  context.lineWidth = 2;
  context.strokeRect(from.x, from.y, width, height);
}

function hatch(context, view, from, to, look) {
  context.globalAlpha = 0.75;
  context.strokeStyle = look.colour;
  context.lineWidth = 1.5;
  context.beginPath();
  // Only the part that is seen is hatched: a block may be far larger than the canvas.
  const [left, right] = [Math.max(from.x, 0), Math.min(to.x, view.width)];
  const [top, bottom] = [Math.max(from.y, 0), Math.min(to.y, view.height)];
  for (let at = left - (bottom - top); at < right; at += HATCH_PX) {
    const low = at + (bottom - top);
    context.moveTo(look.hatch > 0 ? at : low, top);
    context.lineTo(look.hatch > 0 ? low : at, bottom);
  }
  context.stroke();
}

function drawLabel(context, view, block, text, colour) {
  const at = view.toCanvas(block.column0, block.row0);
  const to = view.toCanvas(block.column1 + 1, block.row1 + 1);
  // What is out of sight is not named at the edge, where something else is.
  if (!text || to.x < 0 || to.y < 0 || at.x > view.width || at.y > view.height) return;
  context.font = "600 12px system-ui, sans-serif";
  const width = context.measureText(text).width + 12;
  const [x, y] = [Math.min(Math.max(at.x, 2), view.width - width), Math.max(at.y - 20, 2)];
  context.fillStyle = colour;
  context.beginPath();
  context.roundRect(x, y, width, 19, 4);
  context.fill();
  context.fillStyle = colour === LOOKS.slow.colour ? "#10151d" : "#ffffff";
  context.textAlign = "left";
  context.textBaseline = "middle";
  context.fillText(text, x + 6, y + 10);
}
