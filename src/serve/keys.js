"use strict";
// Every choice is a link. The keys only follow it: 1 to 9 a choice, the arrows the run.
const follow = (link) => { if (link) link.click(); };
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const key = event.key;
  if (/^[1-9]$/.test(key)) follow(document.querySelectorAll(".choices .what > a")[Number(key) - 1]);
  else if (key === "ArrowLeft") follow(document.querySelector("a[rel=prev]"));
  else if (key === "ArrowRight") {
    follow(document.querySelector("a[rel=next]") || document.querySelector(".choices .goes_on .what > a"));
  } else return;
  event.preventDefault();
});
// The step that was taken last is in sight, and so are the names of the lanes.
const [desk, row, heads] = [".desk > div", ".desk .current :is(circle, .fault)", ".desk .heads"].map((one) => document.querySelector(one));
if (row) row.scrollIntoView({ block: "center", inline: "center" });
window.scrollTo(0, 0);
if (heads) {
  const top = (element) => element.getBoundingClientRect().top;
  const keep = () => heads.setAttribute("transform", `translate(0,${Math.max(0, top(desk) - top(heads.ownerSVGElement))})`);
  desk.addEventListener("scroll", keep);
  keep();
}
