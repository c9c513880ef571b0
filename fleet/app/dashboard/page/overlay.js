/** What is drawn over robots: the chosen one with its path, goal and chain of waits, alerts, names and charges. */

import { poseOf } from "./moments.js";

const NAME_SCALE = 26;
const CHARGE_SCALE = 18;
// More names than this are a grey haze.
const MOST_NAMES = 500;
const LOW_PERCENT = 25;

/**
 * @param {CanvasRenderingContext2D} context in CSS pixels
 * @param {import("./scene.js").Scene} scene
 * @param {import("./view.js").View} view
 * @param {import("./moments.js").Between} between
 * @param {any} colours of a palette, see theme.js
 */
export function drawOverlay(context, scene, view, between, colours) {
  if (view.scale >= CHARGE_SCALE) drawNames(context, scene, view, between, colours);
  drawAlerted(context, scene, view, between, colours);
  if (scene.chosen >= 0 && scene.chosen < between.after.x.length) {
    const at = placeOf(scene, view, between, scene.chosen);
    drawPath(context, scene, view, at, colours);
    drawChain(context, scene, view, between, colours);
    drawChosen(context, view, at, colours);
  }
}

function placeOf(scene, view, between, row) {
  const pose = poseOf(between, row, scene.world.unitsPerCell);
  return view.toCanvas(pose.x, pose.y);
}

function drawNames(context, scene, view, between, colours) {
  const seen = [];
  for (let row = 0; row < between.after.x.length && seen.length < MOST_NAMES; row += 1) {
    const at = placeOf(scene, view, between, row);
    if (at.x > 0 && at.y > 0 && at.x < view.width && at.y < view.height) seen.push({ row, at });
  }
  for (const { row, at } of seen) {
    const charge = scene.duties?.charge[row];
    if (charge !== undefined) drawCharge(context, at, view.scale, charge, colours);
  }
  if (view.scale < NAME_SCALE) return;
  context.font = `${Math.min(11 + view.scale / 20, 14)}px system-ui, sans-serif`;
  context.textAlign = "center";
  context.textBaseline = "bottom";
  context.lineWidth = 3;
  context.lineJoin = "round";
  context.strokeStyle = colours.nameHalo;
  context.fillStyle = colours.name;
  for (const { row, at } of seen) {
    const name = scene.roster[row] ?? String(row);
    context.strokeText(name, at.x, at.y - view.scale * 0.48);
    context.fillText(name, at.x, at.y - view.scale * 0.48);
  }
}

function drawCharge(context, at, scale, percent, colours) {
  const [width, height] = [scale * 0.66, Math.max(2.5, scale * 0.07)];
  const [x, y] = [at.x - width / 2, at.y + scale * 0.44];
  context.fillStyle = colours.robotEdge;
  context.fillRect(x - 1, y - 1, width + 2, height + 2);
  context.fillStyle = percent <= LOW_PERCENT ? colours.robots.trouble : colours.robots.service;
  context.fillRect(x, y, (width * percent) / 100, height);
}

function drawAlerted(context, scene, view, between, colours) {
  context.strokeStyle = colours.robots.trouble;
  context.lineWidth = 2.5;
  for (const row of scene.alerted) {
    if (row >= between.after.x.length) continue;
    const at = placeOf(scene, view, between, row);
    context.beginPath();
    context.arc(at.x, at.y, Math.max(view.scale * 0.75, 9), 0, 2 * Math.PI);
    context.stroke();
  }
}

function drawPath(context, scene, view, from, colours) {
  if (!scene.path) return;
  const places = (cells) => cells.map((cell) => scene.world.middleOf(cell)).map(({ x, y }) => view.toCanvas(x, y));
  const granted = [from, ...ahead(from, places(scene.path.granted), view.scale)];
  context.lineJoin = "round";
  context.lineCap = "round";
  context.strokeStyle = colours.path;
  context.lineWidth = Math.max(3, view.scale * 0.16);
  line(context, granted);
  context.lineWidth = Math.max(2, view.scale * 0.09);
  context.setLineDash([view.scale * 0.22 + 3, view.scale * 0.2 + 4]);
  line(context, [granted.at(-1), ...places(scene.path.planned)]);
  context.setLineDash([]);
  context.lineCap = "butt";
  if (scene.path.goal < 0) return;
  const goal = places([scene.path.goal])[0];
  const size = Math.max(view.scale * 0.42, 6);
  for (const [width, colour] of [[5, colours.chosenHalo], [2.5, colours.path]]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(goal.x, goal.y, size, 0, 2 * Math.PI);
    context.moveTo(goal.x - size * 1.5, goal.y);
    context.lineTo(goal.x + size * 1.5, goal.y);
    context.moveTo(goal.x, goal.y - size * 1.5);
    context.lineTo(goal.x, goal.y + size * 1.5);
    context.stroke();
  }
}

/** The places of a path that are still ahead: what is told twice a second ends behind a robot that drives on. */
function ahead(from, places, scale) {
  const away = places.map(({ x, y }) => Math.hypot(x - from.x, y - from.y));
  const nearest = away.indexOf(Math.min(...away));
  return places.slice(away[nearest] < scale / 2 ? nearest + 1 : Math.max(nearest, 0));
}

function drawChain(context, scene, view, between, colours) {
  const places = scene.chain().map((row) => placeOf(scene, view, between, row));
  const shorter = Math.max(view.scale * 0.5, 7);
  for (let link = 1; link < places.length; link += 1) {
    const [from, to] = [places[link - 1], places[link]];
    const angle = Math.atan2(to.y - from.y, to.x - from.x);
    const tip = { x: to.x - Math.cos(angle) * shorter, y: to.y - Math.sin(angle) * shorter };
    for (const [width, colour] of [[6, colours.chosenHalo], [3, colours.chain]]) {
      context.lineWidth = width;
      context.strokeStyle = colour;
      line(context, [from, tip]);
      context.beginPath();
      for (const side of [-0.5, 0.5]) {
        context.moveTo(tip.x, tip.y);
        context.lineTo(tip.x - Math.cos(angle + side) * shorter * 0.9, tip.y - Math.sin(angle + side) * shorter * 0.9);
      }
      context.stroke();
    }
  }
}

function drawChosen(context, view, at, colours) {
  const size = Math.max(view.scale * 0.62, 8);
  for (const [width, colour] of [[5, colours.chosenHalo], [2.5, colours.chosen]]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.beginPath();
    context.arc(at.x, at.y, size, 0, 2 * Math.PI);
    context.stroke();
  }
}

function line(context, places) {
  if (places.length < 2) return;
  context.beginPath();
  for (const { x, y } of places) context.lineTo(x, y);
  context.stroke();
}
