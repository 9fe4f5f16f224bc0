// Review: each verdict is sent, kept, and answered with the next document.

import { ask, hush, nodes, trying } from "./page.js";

const place = document.getElementById("review");
const another = {
  label: "Begin another review",
  run: () => { place.dataset.number = Number(place.dataset.number) + 1; act("next"); },
};
let busy = false;

async function act(what) {
  if (busy) return;
  busy = true;
  const { type, who, number, target } = place.dataset;
  const shown = place.querySelector("[data-document]");
  const body = JSON.stringify({ type, who, number, target, do: what, document: shown?.dataset.document });
  await trying(async () => {
    const answer = await ask("/review", { method: "POST", headers: { "Content-Type": "application/json" }, body });
    place.replaceChildren(...nodes(await answer.text()));
    document.querySelector("form[data-begin]")?.remove();
    history.replaceState(null, "", `/review?${new URLSearchParams({ type, who, number, target })}`);
    hush();
  }, { again: () => act(what), changed: another });
  busy = false;
}

place.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) act(button.dataset.do);
});
document.querySelector("form[data-begin]")?.addEventListener("submit", (event) => {
  event.preventDefault();
  Object.assign(place.dataset, Object.fromEntries(new FormData(event.target)));
  act("next");
});
if (place.dataset.begun) act("next");
