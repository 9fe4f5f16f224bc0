// What every view shares: parts that are loaded later, lists that go on as one scrolls, keys, and what went wrong.

import { curve } from "./curve.js";

/** Says something at the bottom of the page, with a button that does something about it. */
export function say(text, action, run) {
  const notice = document.getElementById("notice");
  notice.replaceChildren(document.createTextNode(text));
  if (run) {
    const button = document.createElement("button");
    button.textContent = action;
    button.addEventListener("click", () => { notice.hidden = true; run(); });
    notice.append(button);
  }
  notice.hidden = false;
}

export const hush = () => { document.getElementById("notice").hidden = true; };

class Refusal extends Error {}

/** Asks the server; throws with what a person can be told. */
export async function ask(address, options) {
  let answer;
  try {
    answer = await fetch(address, options);
  } catch {
    throw new Refusal("nerret serve does not answer; it may have been stopped.");
  }
  if (answer.ok) return answer;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const fault = page.querySelector("[data-fault]");
  const words = fault ? [...fault.querySelectorAll("h1, p:not(:has(a))")].map((one) => one.textContent.trim()) : [];
  const refusal = new Refusal(words.join(". ") || `The server answered ${answer.status}.`);
  refusal.status = answer.status;
  throw refusal;
}

/** The elements of a part of a page that the server rendered. */
export function nodes(text) {
  return [...new DOMParser().parseFromString(`<template>${text}</template>`, "text/html").querySelector("template").content.childNodes];
}

export const part = async (address) => nodes(await (await ask(address)).text());

const reload = { label: "Show the new list", run: () => location.reload() };

/** Runs what asks the server; where that fails, says so and offers what to do: again, or else where the index changed. */
export async function trying(run, { again = () => trying(run), changed = reload } = {}) {
  try {
    await run();
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    if (error.status === 409) say(error.message, changed.label, changed.run);
    else say(error.message, "Try again", again);
    return false;
  }
}

function watchRows(rows) {
  let busy = false;
  const watcher = new IntersectionObserver((seen) => {
    if (busy || !seen.some((one) => one.isIntersecting)) return;
    busy = true;
    const last = rows.querySelector(".following");
    trying(async () => {
      const more = await part(last.dataset.next);
      last.replaceWith(...more);
      hush();
      busy = false;
      watch();
    });
  }, { rootMargin: "800px" });
  const watch = () => {
    watcher.disconnect();
    const next = rows.querySelector(".following");
    if (next) watcher.observe(next);
  };
  watch();
}

/** Shows another answer in the place of the one that is there, as its address does. */
export function show(address) {
  trying(async () => {
    const page = new DOMParser().parseFromString(await (await ask(address)).text(), "text/html");
    document.querySelector(".columns").replaceWith(page.querySelector(".columns"));
    for (const id of ["total", "complete", "away"]) {
      document.getElementById(id).replaceChildren(...page.getElementById(id).childNodes);
    }
    history.replaceState(null, "", address);
    start(document.querySelector(".columns"));
    hush();
  });
}

function start(root) {
  for (const place of root.querySelectorAll("[data-load]")) {
    trying(async () => place.replaceChildren(...await part(place.dataset.load)));
  }
  const rows = root.querySelector("#rows");
  if (rows) watchRows(rows);
  const figure = root.querySelector("[data-curve]");
  if (figure) curve(figure);
}

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy], [data-copy-address]");
  if (copy) {
    const text = "copy" in copy.dataset ? copy.parentElement.querySelector("pre").textContent : location.href;
    await navigator.clipboard.writeText(text);
    say("Copied.", "Good", () => {});
  }
  const more = event.target.closest("a[data-more]");
  if (!more) return;
  event.preventDefault();
  trying(async () => more.closest(".more").replaceWith(...await part(more.href)));
});

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest("input, textarea, select")) return;
  const target = document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!target) return;
  event.preventDefault();
  target.click();
});

start(document);
