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
const row = document.querySelector(".desk .current");
if (row) row.scrollIntoView({ block: "nearest" });
