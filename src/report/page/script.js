"use strict";
// The page is whole without this: it only moves through the run.
const all = (selector, within = document) => [...within.querySelectorAll(selector)];
const one = (selector, within = document) => within.querySelector(selector);
const slider = one(".slider");
const last = Number(slider.max);
const output = one(".bar output");
const hint = output.textContent;
const rows = all(".steps > li[id]");
const drawings = all("svg.lanes");
const stage = one(".stage");
// A row of the list is named by its id, a step of the drawing by the link to it.
const numberOf = (mark) => Number((mark.id || mark.getAttribute("href")).slice(mark.id ? 2 : 3));
// "1-3 5" is 1, 2, 3 and 5.
const numbers = (text) => (text || "").split(" ").filter(Boolean).flatMap((span) => {
  const [from, to] = span.split("-").map(Number);
  return Array.from({ length: (to || from) - from + 1 }, (_, at) => from + at);
});
// A row has a card, or one a side.
const cardsOf = (row) => (row.matches(".card") ? [row] : all(".card", row));
let current = 0;

// What each field was over the run: a list of steps and values, by path.
const valuesOf = {};
const cells = all("td[data-f]");
const nothing = (one(".state") || { dataset: {} }).dataset.nothing;
const empty = ["0", "-", "None", "empty", "nothing", ...(nothing || "").split(" ").filter(Boolean)];
const shown = (value) => (empty.includes(value) ? "·" : value);
for (const cell of cells) valuesOf[cell.dataset.f] = [[0, cell.dataset.v || "0"]];
for (const row of stage ? rows : []) {
  for (const change of all(":scope > .changes > li", row)) {
    const own = valuesOf[change.firstChild.textContent.trim()];
    if (own) own.push([numberOf(row), one("b", change).textContent]);
  }
}

function values(step) {
  for (const cell of cells) {
    const own = valuesOf[cell.dataset.f];
    const at = own.findLastIndex(([since]) => since <= step);
    const moved = at > 0 && own[at][0] === step;
    cell.textContent = shown(own[at][1]);
    if (moved) cell.prepend(Object.assign(document.createElement("s"), { textContent: shown(own[at - 1][1]) }), " → ");
    cell.classList.toggle("moved", moved);
  }
  const heading = one(".state .when");
  if (heading) heading.textContent = step ? "The state after step " + step : "The state at the start";
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
  for (const row of rows) {
    const [at, own] = [numberOf(row), cardsOf(row)];
    own.forEach((card, side) => {
      const past = own.length > 1 ? pastOf(side).has(at) : pasts.some((past) => past.has(at));
      mark(card, at === current, past);
    });
  }
  drawings.forEach((drawing, side) => {
    const past = pastOf(side);
    for (const step of all("a.step", drawing)) {
      mark(step, numberOf(step) === current, past.has(numberOf(step)));
    }
    for (const message of all("g.message", drawing)) {
      const near = (at) => at === current || past.has(at);
      const ends = [Number(message.dataset.from), Number(message.dataset.to)];
      message.classList.toggle("current", current > 0 && ends.every(near) && ends.includes(current));
    }
  });
  slider.value = current;
  // A run that ended earlier has an empty place beside the other.
  const places = row && row.classList.contains("pair") ? [...row.children] : cards;
  const words = places.map((card) => (one("b", card) ? one("b", card).textContent : "it has ended"));
  output.textContent = row ? `step ${current} of ${last}: ${words.join(" | ")}` : hint;
  if (one("p.start")) one("p.start").hidden = current > 0;
  values(current);
  layOut();
  if (stage) follow();
  return row;
}

function go(step) {
  const row = show(step);
  window.history.replaceState(null, "", current ? "#s=" + current : location.pathname + location.search);
  if (row && !stage) row.scrollIntoView({ block: "nearest" });
}

// The boxes beside each other end where the window ends, and the drawing shows the current step.
function fit() {
  for (const box of all(".drawing, .side", stage)) {
    const top = Math.max(box.getBoundingClientRect().top, 8);
    const least = matchMedia("(max-width: 900px)").matches ? window.innerHeight * 0.42 : 240;
    box.style.maxHeight = Math.max(window.innerHeight - top - 8, least) + "px";
  }
}

function follow() {
  const [box, step] = [one(".drawing"), one(".drawing a.current .row")];
  if (!step) return;
  const [outer, inner] = [box.getBoundingClientRect(), step.getBoundingClientRect()];
  if (inner.top < outer.top + 70) box.scrollTop -= outer.top + 70 - inner.top;
  if (inner.bottom > outer.bottom - 40) box.scrollTop += inner.bottom - outer.bottom + 40;
}

// The names of the lanes stay in sight.
function keepHeads() {
  one(".heads").setAttribute("transform", `translate(0,${one(".drawing").scrollTop})`);
}

// Rows of a drawing that are hidden take no room: what is below moves up.
const filters = { text: "", fold: false, lanes: new Set() };
const laid = new Map();

function keep(element, ...names) {
  if (!laid.has(element)) laid.set(element, Object.fromEntries(names.map((name) => [name, element.getAttribute(name)])));
  return laid.get(element);
}

function isHidden(step, linked, found) {
  const at = numberOf(step);
  if (at === current) return false;
  if (filters.lanes.has(step.dataset.lane)) return true;
  if (filters.fold && !linked.has(at)) return true;
  return found.size > 0 && !found.has(at);
}

function layOut() {
  if (!stage) return;
  const drawing = drawings[0];
  const [head, high] = [Number(drawing.dataset.head), Number(drawing.dataset.row)];
  const linked = new Set(all("g.message", drawing).flatMap((one) => [Number(one.dataset.from), Number(one.dataset.to)]));
  for (const step of all("a.step", drawing)) if (one(".call", step)) linked.add(numberOf(step));
  const says = (element) => element.textContent.toLowerCase().includes(filters.text);
  const found = new Set(filters.text ? rows.filter(says).map(numberOf) : []);
  // How far each row moves up, and after the last one.
  const [up, hidden] = [[0], new Set()];
  let lost = 0;
  for (const step of all("a.step", drawing)) {
    up[numberOf(step)] = lost;
    const hide = isHidden(step, linked, found);
    step.classList.toggle("away", hide);
    step.setAttribute("transform", `translate(0,${-lost})`);
    if (hide) { lost += high; hidden.add(numberOf(step)); }
  }
  const upAfter = (steps) => (steps < last ? up[steps + 1] : lost);
  for (const element of all("g.message", drawing)) {
    const [from, to] = [Number(element.dataset.from), Number(element.dataset.to || last + 1)];
    const [first, second] = [up[from], to > last ? lost : up[to]];
    element.classList.toggle("away", hidden.has(from) || hidden.has(to));
    for (const path of all("path:not(.tip, .cross)", element)) {
      const { d } = keep(path, "d");
      const start = d.match(/^M\S+ (\S+)/)[1];
      path.setAttribute("d", d.replace(/([MLC ]-?\d+ )(-?\d+)/g, (_, x, y) => x + (y - (y === start ? first : second))));
    }
    for (const tip of all(".tip, .cross", element)) tip.setAttribute("transform", `translate(0,${-second})`);
    one("text", element).setAttribute("transform", `translate(0,${-(first + second) / 2})`);
  }
  for (const element of all(".mark", drawing)) {
    element.setAttribute("transform", `translate(0,${-upAfter(Number(element.dataset.after))})`);
  }
  for (const element of all(".span", drawing)) {
    const [from, to] = [Number(element.dataset.from), Number(element.dataset.to || 0)];
    const [rect, text] = [one("rect", element), one("text", element)];
    const height = Number(keep(rect, "height").height) - ((to ? up[to] : lost) - (from ? up[from] : 0));
    rect.setAttribute("height", Math.max(height, 0));
    element.setAttribute("transform", `translate(0,${-(from ? up[from] : 0)})`);
    if (text) text.classList.toggle("away", height < text.textContent.length * 6 + 4);
  }
  for (const element of all(".life", drawing)) element.setAttribute("y2", keep(element, "y2").y2 - lost);
  for (const element of all("rect.place", drawing)) element.setAttribute("height", keep(element, "height").height - lost);
  const { height } = keep(drawing, "height");
  drawing.setAttribute("height", height - lost);
  drawing.setAttribute("viewBox", `0 0 ${drawing.getAttribute("width")} ${height - lost}`);
  const cycle = one(".cycle", drawing);
  if (cycle) cycle.classList.toggle("away", lost > 0);
  fields();
}

// The rows of the state that the filter names; if there is none, all of them.
function fields() {
  const all_rows = all(".part tbody tr");
  const says = (row) => filters.text && one("th", row).textContent.toLowerCase().includes(filters.text);
  const some = all_rows.some(says);
  for (const row of all_rows) {
    row.classList.toggle("found", some && says(row));
    row.classList.toggle("away", some && !says(row));
  }
  for (const part of all(".part")) part.classList.toggle("found", Boolean(one("tr.found", part)));
}

function setUpFilters() {
  const search = one(".search");
  search.addEventListener("input", () => { filters.text = search.value.trim().toLowerCase(); layOut(); follow(); });
  one(".fold").addEventListener("change", (event) => { filters.fold = event.target.checked; layOut(); follow(); });
  const toggles = { ".stills": "stills", ".whole": "whole" };
  for (const [box, name] of Object.entries(toggles)) {
    one(box).addEventListener("change", (event) => document.body.classList.toggle(name, event.target.checked));
  }
  all("text.head", drawings[0]).forEach((head, lane) => {
    const label = document.createElement("label");
    const box = Object.assign(document.createElement("input"), { type: "checkbox", checked: true });
    box.addEventListener("change", () => {
      filters.lanes[box.checked ? "delete" : "add"](String(lane));
      head.classList.toggle("off", !box.checked);
      layOut();
      follow();
    });
    label.append(box, " " + head.textContent);
    one(".who_acts div").append(label);
  });
  one(".filter").hidden = false;
}

function fromAddress() {
  const found = /^#s=(\d{1,4})$/.exec(location.hash);
  if (found) show(Number(found[1]));
  return found;
}

const isText = (element) => element.matches("input[type=search]");
one(".bar").hidden = false;
slider.addEventListener("input", () => go(Number(slider.value)));
one(".back").addEventListener("click", () => go(current - 1));
one(".on").addEventListener("click", () => go(current + 1));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const search = one(".search");
  if (isText(event.target)) {
    if (event.key === "Escape") { search.value = ""; search.dispatchEvent(new Event("input")); search.blur(); }
    return;
  }
  if (event.key === "/" && search) {
    event.preventDefault();
    search.focus();
    return;
  }
  if (event.target === slider) return;
  const to = { ArrowRight: current + 1, ArrowLeft: current - 1, Home: 1, End: last, Escape: 0 }[event.key];
  if (to === undefined) return;
  event.preventDefault();
  go(to);
});
// A step that is chosen by a link is shown where it is: the page does not move.
document.addEventListener("click", (event) => {
  const link = stage && event.target.closest("a[href^='#s=']");
  if (!link || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(Number(link.getAttribute("href").slice(3)));
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
if (stage) {
  document.body.classList.add("live");
  setUpFilters();
  one(".drawing").addEventListener("scroll", keepHeads);
  fit();
  for (const event of ["scroll", "resize"]) window.addEventListener(event, fit);
  if (!fromAddress()) show(Number(slider.value));
  // The browser moves to the card that the address names: here it is in sight already.
  window.addEventListener("load", () => setTimeout(() => { window.scrollTo(0, 0); one(".side").scrollTop = 0; follow(); }));
} else {
  fromAddress();
}
