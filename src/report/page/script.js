"use strict";
// The page is whole without this: it only moves through the run.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
const slider = one(".slider");
const last = Number(slider.max);
const output = one(".bar output");
const hint = output.textContent;
// A row of the list is named by its id, a step of the drawing and a value by the link to it.
const numberOf = (mark) => Number((mark.id || mark.getAttribute("href")).slice(mark.id ? 2 : 3));
// "1-3 5" is 1, 2, 3 and 5.
const numbers = (text) => (text || "").split(" ").filter(Boolean).flatMap((span) => {
  const [from, to] = span.split("-").map(Number);
  return Array.from({ length: (to || from) - from + 1 }, (_, at) => from + at);
});
// A row has a card, or one a side.
const cardsOf = (row) => (row.matches(".card") ? [row] : all(".card", row));
let current = 0;

function values(step) {
  for (const row of all("table.fields tbody tr")) {
    if (!row.querySelector(".now")) continue;
    let [now, since] = [row.querySelector(".history i").textContent, 0];
    for (const link of all(".history a", row)) {
      if (numberOf(link) <= step) [now, since] = [link.nextElementSibling.textContent, numberOf(link)];
    }
    row.querySelector(".now").textContent = now;
    row.classList.toggle("moved", step > 0 && since === step);
  }
  const heading = one("table.fields .when");
  if (heading) heading.textContent = step ? "after step " + step : "at the start";
}

function mark(element, isCurrent, isPast) {
  element.classList.toggle("current", isCurrent);
  element.classList.toggle("past", isPast);
  if (isCurrent) element.setAttribute("aria-current", "step");
  else element.removeAttribute("aria-current");
}

function show(step) {
  current = Math.min(Math.max(step, 0), last);
  const row = document.getElementById("s=" + current);
  const cards = row ? cardsOf(row) : [];
  const pasts = cards.map((card) => new Set(numbers(card.dataset.past)));
  const pastOf = (side) => pasts[Math.min(side, pasts.length - 1)] || new Set();
  document.body.classList.toggle("chosen", current > 0);
  for (const row of all(".steps > li[id]")) {
    const [at, own] = [numberOf(row), cardsOf(row)];
    own.forEach((card, side) => {
      const past = own.length > 1 ? pastOf(side).has(at) : pasts.some((past) => past.has(at));
      mark(card, at === current, past);
    });
  }
  all("svg.lanes").forEach((drawing, side) => {
    const past = pastOf(side);
    for (const step of all("a.step", drawing)) {
      mark(step, numberOf(step) === current, past.has(numberOf(step)));
    }
    for (const message of all("g.message", drawing)) {
      const near = (at) => at === current || past.has(at);
      const ends = [Number(message.dataset.from), Number(message.dataset.to)];
      message.classList.toggle("current", current > 0 && ends.every(near));
    }
  });
  slider.value = current;
  const words = cards.map((card, side) => {
    const action = card.querySelector("b");
    const needs = pasts[side].size ? `, and the ${pasts[side].size} it needs` : "";
    return action ? action.textContent + needs : "it has ended";
  });
  output.textContent = row ? `step ${current} of ${last}: ${words.join(" | ")}` : hint;
  values(current);
  return row;
}

function go(step) {
  const row = show(step);
  history.replaceState(null, "", current ? "#s=" + current : location.pathname + location.search);
  if (row) row.scrollIntoView({ block: "nearest" });
}

function fromAddress() {
  const found = /^#s=(\d{1,4})$/.exec(location.hash);
  if (found) show(Number(found[1]));
}

one(".bar").hidden = false;
slider.addEventListener("input", () => go(Number(slider.value)));
one(".back").addEventListener("click", () => go(current - 1));
one(".on").addEventListener("click", () => go(current + 1));
document.addEventListener("keydown", (event) => {
  if (event.target === slider || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 1, End: last, Escape: 0 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go(to);
});
window.addEventListener("hashchange", fromAddress);
for (const button of all("button.copy")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", () => {
    const text = button.parentElement.querySelector("code").textContent;
    navigator.clipboard.writeText(text).then(() => { button.textContent = "copied"; });
  });
}
for (const details of all("details")) {
  window.addEventListener("beforeprint", () => { details.open = true; });
}
fromAddress();
