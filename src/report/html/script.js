"use strict";
// The page is whole without this: it only moves through the run.
const all = (selector) => [...document.querySelectorAll(selector)];
const one = (selector) => document.querySelector(selector);
const slider = one(".slider");
const last = Number(slider.max);
const output = one(".bar output");
const hint = output.textContent;
// A card is named by its id, a step of the drawing and a value by the link to it.
const numberOf = (mark) => Number((mark.id || mark.getAttribute("href")).slice(mark.id ? 2 : 3));
// "1-3 5" is 1, 2, 3 and 5.
const numbers = (text) => (text || "").split(" ").filter(Boolean).flatMap((span) => {
  const [from, to] = span.split("-").map(Number);
  return Array.from({ length: (to || from) - from + 1 }, (_, at) => from + at);
});
let current = 0;

function values(step) {
  for (const row of all("table.fields tbody tr")) {
    let [now, since] = [row.querySelector(".history span").textContent, 0];
    for (const link of row.querySelectorAll(".history a")) {
      if (numberOf(link) <= step) [now, since] = [link.nextElementSibling.textContent, numberOf(link)];
    }
    row.querySelector(".now").textContent = now;
    row.classList.toggle("moved", step > 0 && since === step);
  }
  const heading = one("table.fields .when");
  if (heading) heading.textContent = step ? "after step " + step : "at the start";
}

function show(step) {
  current = Math.min(Math.max(step, 0), last);
  const card = document.getElementById("s=" + current);
  const past = new Set(card ? numbers(card.dataset.past) : []);
  document.body.classList.toggle("chosen", current > 0);
  for (const mark of all("li.card, a.step")) {
    const at = numberOf(mark);
    mark.classList.toggle("current", at === current);
    mark.classList.toggle("past", past.has(at));
    if (at === current) mark.setAttribute("aria-current", "step");
    else mark.removeAttribute("aria-current");
  }
  for (const message of all("g.message")) {
    const ends = [Number(message.dataset.from), Number(message.dataset.to)];
    const near = (at) => at === current || past.has(at);
    message.classList.toggle("current", ends.every(near) && current > 0);
  }
  slider.value = current;
  const needs = past.size ? `, and the ${past.size} it needs` : "";
  output.textContent = card ? `step ${current} of ${last}: ${card.querySelector("b").textContent}${needs}` : hint;
  values(current);
  return card;
}

function go(step) {
  const card = show(step);
  history.replaceState(null, "", current ? "#s=" + current : location.pathname + location.search);
  if (card) card.scrollIntoView({ block: "nearest" });
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
