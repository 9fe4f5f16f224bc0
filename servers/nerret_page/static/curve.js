// Where to stop: what is to be expected of a list that stops at each place, and a cut-off that can be dragged.

import { ask, show, trying } from "./page.js";

const SVG = "http://www.w3.org/2000/svg";
const count = (number) => Math.round(number).toLocaleString("en");
const percent = (share) => `${Math.min(99, Math.max(share > 0 ? 1 : 0, Math.round(100 * share)))}%`;

function line(points, key) {
  const path = document.createElementNS(SVG, "polyline");
  const last = Math.max(1, points.length - 1);
  path.setAttribute("points", points.map((point, place) => `${(100 * place) / last},${40 - 38 * point[key]}`).join(" "));
  path.setAttribute("class", key);
  return path;
}

function draw(figure, { points, rank }) {
  if (points.length < 2) return;
  const svg = figure.querySelector("svg");
  svg.replaceChildren(line(points, "recall"), line(points, "precision"));
  const slider = figure.querySelector("input");
  slider.max = points.length - 1;
  let place = points.findIndex((point) => point.rank >= rank);
  slider.value = place < 0 ? points.length - 1 : place;
  const tell = () => {
    const { rank, precision, recall } = points[slider.value];
    const words = `Expect about ${count(rank * precision)} of them to be right, and ${percent(1 - recall)} of all that are right to be missing.`;
    document.getElementById("total").textContent = count(rank);
    document.getElementById("complete").textContent = words;
    figure.querySelector("b.precision").textContent = percent(precision);
    figure.querySelector("b.recall").textContent = percent(recall);
    slider.setAttribute("aria-valuetext", `${count(rank)} documents. ${words}`);
  };
  slider.addEventListener("input", tell);
  slider.addEventListener("change", () => {
    const address = new URL(location);
    address.searchParams.set("min_relevance", points[slider.value].cutoff);
    show(address);
  });
  for (const [key, place] of [["precision", slider.value], ["recall", slider.value]]) {
    figure.querySelector(`b.${key}`).textContent = percent(points[place][key]);
  }
  figure.hidden = false;
}

/** Fills the figure of an answer. */
export function curve(figure) {
  trying(async () => draw(figure, await (await ask(figure.dataset.curve)).json()));
}
