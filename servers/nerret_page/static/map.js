// The map: all points on one canvas, a region that is drawn with the pointer or taken with the keyboard.

import { ask, part, trying } from "./page.js";

const FINEST = 10000;
const EDGE = 0.03; // of the sheet, left free around the points
const COLOURS = [
  "#4e79a7", "#f28e2b", "#59a14f", "#e15759", "#b07aa1", "#9c755f", "#76b7b2", "#edc948",
  "#ff9da7", "#8a8f94", "#2f6f4f", "#c0579b", "#6b6ecf", "#b5651d", "#3fa7d6", "#a0c15a",
];
const canvas = document.getElementById("map");
const rubber = document.getElementById("rubber");
const hover = document.getElementById("hover");
const sheet = canvas?.getContext("2d");
let data, points, layout = "components", order = [], waiting = false;
let view = { x: 0, y: 0, size: 1 }; // what is seen of the unit square

const colour = () => getComputedStyle(document.documentElement);
const place = (value, from) => (((value / FINEST) * (1 - 2 * EDGE) + EDGE) - from) / view.size;
const back = (share, from) => ((share * view.size + from) - EDGE) / (1 - 2 * EDGE);

function draw() {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale) || canvas.height !== Math.round(height * scale)) {
    canvas.width = Math.round(width * scale);
    canvas.height = Math.round(height * scale);
  }
  sheet.setTransform(scale, 0, 0, scale, 0, 0);
  sheet.clearRect(0, 0, width, height);
  const dot = (points.length > 8000 ? 2.2 : 3.6) / Math.sqrt(Math.max(view.size, 0.2));
  const shades = data.relevance ? shading() : COLOURS;
  let shade = -1;
  for (const one of order) {
    const next = data.relevance ? Math.round(data.relevance[one] / 10) : data.kind[one] % COLOURS.length;
    if (next !== shade) sheet.fillStyle = shades[shade = next];
    sheet.fillRect(place(points[2 * one], view.x) * width - dot / 2, place(points[2 * one + 1], view.y) * height - dot / 2, dot, dot);
  }
}

/** Eleven shades, from what is not relevant to what is. */
function shading() {
  const [from, to] = ["--faint", "--accent"].map((name) => colour().getPropertyValue(name).trim());
  return Array.from({ length: 11 }, (_, step) => `color-mix(in oklab, ${to} ${step * 10}%, ${from})`);
}

function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; draw(); });
}

function swatch(fill) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 10 10");
  svg.innerHTML = `<rect width="10" height="10" rx="2" fill="${fill}"/>`;
  return svg;
}

function legend() {
  const shown = data.relevance
    ? [["not relevant", shading()[0]], ["even chance", shading()[5]], ["relevant", shading()[10]]]
    : data.kinds.map((name, number) => [name, COLOURS[number % COLOURS.length]]);
  document.getElementById("legend").replaceChildren(...shown.map(([name, fill]) => {
    const item = document.createElement("li");
    item.append(swatch(fill), name);
    return item;
  }));
}

function zoom(factor, x = 0.5, y = 0.5) {
  const size = Math.min(1, Math.max(0.01, view.size * factor));
  move(view.x + x * (view.size - size), view.y + y * (view.size - size), size);
}

function move(x, y, size = view.size) {
  view = { size, x: Math.min(1 - size, Math.max(0, x)), y: Math.min(1 - size, Math.max(0, y)) };
  redraw();
}

/** Lists what is in a rectangle of the canvas, given in shares of it. */
function choose(left, top, right, bottom) {
  const sides = { left: back(left, view.x), right: back(right, view.x), top: back(top, view.y), bottom: back(bottom, view.y) };
  const query = new URLSearchParams({ layout, ...sides });
  trying(async () => document.getElementById("region").replaceChildren(...await part(`/map/region?${query}`)));
}

function choice() {
  let from = null;
  const at = (event) => {
    const box = canvas.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height].map((one) => Math.min(1, Math.max(0, one)));
  };
  const sides = (to) => [Math.min(from[0], to[0]), Math.min(from[1], to[1]), Math.max(from[0], to[0]), Math.max(from[1], to[1])];
  canvas.addEventListener("pointerdown", (event) => { from = at(event); canvas.setPointerCapture(event.pointerId); });
  canvas.addEventListener("pointermove", (event) => {
    if (!from) return name(...at(event));
    const [left, top, right, bottom] = sides(at(event));
    Object.assign(rubber.style, { left: `${100 * left}%`, top: `${100 * top}%`, width: `${100 * (right - left)}%`, height: `${100 * (bottom - top)}%` });
    rubber.hidden = false;
    hover.hidden = true;
  });
  canvas.addEventListener("pointerup", (event) => {
    const to = at(event);
    if (from && Math.abs(to[0] - from[0]) + Math.abs(to[1] - from[1]) > 0.01) choose(...sides(to));
    else rubber.hidden = true;
    from = null;
  });
  canvas.addEventListener("pointerleave", () => { hover.hidden = true; });
}

/** Names the mention under the pointer. */
function name(x, y) {
  let best = -1, least = 0.0004; // squared, of the canvas
  for (let one = 0; one < order.length; one++) {
    const distance = (place(points[2 * one], view.x) - x) ** 2 + (place(points[2 * one + 1], view.y) - y) ** 2;
    if (distance < least) [best, least] = [one, distance];
  }
  hover.hidden = best < 0;
  if (best < 0) return;
  hover.textContent = `${data.names[data.name[best]]} · ${data.kinds[data.kind[best]]}${data.relevance ? ` · ${data.relevance[best]}%` : ""}`;
  Object.assign(hover.style, { left: `${100 * Math.min(x, 0.75)}%`, top: `${100 * y}%` });
}

const KEYS = {
  "+": () => zoom(0.7), "=": () => zoom(0.7), "-": () => zoom(1 / 0.7), 0: () => move(0, 0, 1),
  ArrowLeft: () => move(view.x - view.size / 5, view.y), ArrowRight: () => move(view.x + view.size / 5, view.y),
  ArrowUp: () => move(view.x, view.y - view.size / 5), ArrowDown: () => move(view.x, view.y + view.size / 5),
  Enter: () => choose(0, 0, 1, 1),
};

function arrange(next) {
  layout = next;
  points = next === "components" ? data.components : data.neighbourhoods.points;
  for (const button of document.querySelectorAll("[data-layout]")) button.setAttribute("aria-pressed", button.dataset.layout === next);
  rubber.hidden = true;
  move(0, 0, 1);
}

/** Has the neighbourhoods computed, tells how far they are, and shows them. */
function follow() {
  const words = document.getElementById("progress");
  trying(async () => {
    if (!data.neighbourhoods.points) data.neighbourhoods = await (await ask("/map/neighbourhoods")).json();
    const { possible, progress, points: there } = data.neighbourhoods;
    words.textContent = there ? "" : possible ? `They are being computed: ${Math.round(100 * progress)}%` : "They need the package umap-learn and some more mentions.";
    if (there) arrange("neighbourhoods");
    else if (possible) setTimeout(follow, 500);
  });
}

if (canvas) {
  trying(async () => {
    data = await (await ask(canvas.dataset.points)).json();
    order = data.kind.map((_, one) => one);
    if (data.relevance) order.sort((one, other) => data.relevance[one] - data.relevance[other]);
    else order.sort((one, other) => data.kind[one] - data.kind[other]);
    legend();
    arrange("components");
    canvas.dataset.ready = order.length;
    choice();
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      const box = canvas.getBoundingClientRect();
      zoom(event.deltaY > 0 ? 1.15 : 1 / 1.15, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
      rubber.hidden = true;
    }, { passive: false });
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || !(event.key in KEYS)) return;
      event.preventDefault();
      rubber.hidden = true;
      KEYS[event.key]();
    });
    document.getElementById("layouts").addEventListener("click", (event) => {
      if (event.target.dataset.layout === "components") arrange("components");
      else if (event.target.dataset.layout) follow();
    });
    new ResizeObserver(redraw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { legend(); redraw(); });
  });
}
