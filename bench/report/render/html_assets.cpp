#include "bench/report/render/html.h"

namespace bench {

const std::string_view kHtmlStyle = R"css(
:root { color-scheme: light dark; --page: #fff; --text: #1b1b1b; --soft: #595959; --line: #d9d9d9;
  --card: #fff; --plate: #fff; --link: #0059a1; --yes: #00694c; --no: #a93f00; --open: #595959; --note: #fff6d6; }
@media (prefers-color-scheme: dark) {
  :root { --page: #15171a; --text: #e8e8e8; --soft: #a9adb3; --line: #3a3f46; --card: #1d2024; --plate: #f7f7f5;
    --link: #7cc4ff; --yes: #4fd3a8; --no: #ff9d5c; --open: #b9bdc3; --note: #3a3210; }
}
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 1.5rem 1.25rem 4rem; max-width: 66rem; background: var(--page);
  color: var(--text); font: 1rem/1.5 system-ui, "Noto Sans", "DejaVu Sans", sans-serif;
  overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; }
h2 { font-size: 1.25rem; margin: 2.75rem 0 .5rem; scroll-margin-top: 1rem; }
h3 { font-size: 1rem; font-weight: 500; color: var(--soft); margin: 1.25rem 0 0; }
p { max-width: 46rem; margin: .5rem 0; }
ul { max-width: 46rem; padding-left: 1.25rem; }
li { margin: .35rem 0; }
a { color: var(--link); }
.soft, figcaption, .note { color: var(--soft); }
.note, figcaption { font-size: .875rem; }
nav ul { display: flex; flex-wrap: wrap; gap: .25rem 1rem; list-style: none; padding: 0; margin: 1rem 0;
  max-width: none; font-size: .9rem; }
nav li { margin: 0; }
.banner { background: var(--note); border-left: 4px solid #e69f00; padding: .5rem .75rem; font-weight: 600;
  max-width: none; }
.headline { font-weight: 600; }
.tiles, .claims { display: grid; gap: .75rem; padding: 0; margin: 1.25rem 0; list-style: none; max-width: none; }
.tiles { grid-template-columns: repeat(auto-fill, minmax(min(11rem, 100%), 1fr)); }
.claims { grid-template-columns: repeat(auto-fill, minmax(min(20rem, 100%), 1fr)); }
.tiles > li, .claims > li { background: var(--card); border: 1px solid var(--line); border-radius: .6rem;
  padding: .8rem 1rem; margin: 0; }
.tiles strong { display: block; font-size: 1.6rem; line-height: 1.2; }
.tiles span { color: var(--soft); font-size: .85rem; }
.claims p { margin: .3rem 0 0; font-size: .9rem; }
.claims ul { font-size: .85rem; color: var(--soft); margin: .4rem 0 0; }
.claims ul li { margin: 0; }
.claims .says { font-size: 1rem; font-weight: 600; margin: 0; }
.verdict { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .6rem;
  font-size: .8rem; font-weight: 600; color: var(--open); }
.verdict.yes { color: var(--yes); }
.verdict.no { color: var(--no); }
figure { margin: 1.5rem 0 2rem; }
.plate { background: var(--plate); border: 1px solid var(--line); border-radius: .6rem; padding: .5rem;
  overflow-x: auto; }
.plate svg, .plate img { display: block; width: 100%; height: auto; min-width: 40rem; max-width: 60rem;
  margin: 0 auto; }
figcaption { margin-top: .4rem; max-width: 46rem; }
.wide { overflow-x: auto; margin: .5rem 0 .25rem; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; min-width: 50%; }
th, td { padding: .4rem .7rem; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
thead th { border-bottom: 2px solid var(--line); vertical-align: bottom; }
th[scope=row] { font-weight: 500; }
.n { text-align: right; white-space: nowrap; }
td.long { min-width: 18rem; overflow-wrap: anywhere; }
th button { font: inherit; color: inherit; background: none; border: 0; padding: 0; cursor: pointer;
  text-align: inherit; }
th button::after { content: "\a0 ↕"; color: var(--soft); font-weight: 400; }
th[aria-sort=ascending] button::after { content: "\a0 ↑"; }
th[aria-sort=descending] button::after { content: "\a0 ↓"; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 40rem) { body { padding: 1rem .75rem 3rem; } h1 { font-size: 1.35rem; } }
@media print {
  :root { color-scheme: light; --page: #fff; --text: #000; --soft: #444; --line: #bbb; --card: #fff;
    --plate: #fff; --link: #000; --yes: #00694c; --no: #a93f00; --open: #444; --note: #fff; }
  body { max-width: none; padding: 0; font-size: 10pt; }
  nav, th button::after { display: none; }
  h2, h3 { break-after: avoid; }
  figure, .claims > li, .tiles > li, tr { break-inside: avoid; }
  .wide, .plate { overflow: visible; border: 0; }
  .plate svg, .plate img { min-width: 0; }
  td.long { min-width: 0; }
}
)css";

const std::string_view kHtmlScript = R"js(
"use strict";
// A value that a cell begins with, in its base unit; null where there is none.
const units = {"µs": 1e-6, ms: 1e-3, s: 1, B: 1, KiB: 1024, MiB: 1048576, GiB: 1073741824};
function value(text) {
  const found = /^[~>]?\s*([-−+]?\d+(?:\.\d+)?)\s*(µs|ms|s|B|KiB|MiB|GiB)?/.exec(text);
  return found ? Number(found[1].replace("−", "-")) * (units[found[2]] || 1) : null;
}
function compare(a, b) {
  const x = value(a), y = value(b);
  if (x !== null && y !== null) return x - y;
  if (x !== null || y !== null) return x !== null ? -1 : 1;
  return a < b ? -1 : a > b ? 1 : 0;
}
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0];
  for (const head of table.tHead.rows[0].cells) {
    if (!head.textContent) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "ascending";
      for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      const text = (row) => row.cells[head.cellIndex].textContent;
      const rows = [...body.rows].sort((a, b) => compare(text(a), text(b)) * (down ? -1 : 1));
      body.append(...rows);
    });
  }
}
)js";

const std::string_view kHtmlScriptHash = "ZcB1MIjQ1RmC+sAgWrrR2lM7NDA4vncCQHsNmevKgi4=";

}  // namespace bench
