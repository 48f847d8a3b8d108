// An atlas in the hand: one grid at a time, heads by arrow keys, and a text's words as a head sees them.
"use strict";

const number = (value) => {
  const text = Math.abs(value) < 9.995 ? value.toFixed(2) : value.toFixed(0);
  return /^-?0\.00$/.test(text) ? "0" : text.replace(/^(-?)0\./, "$1.").replace("-", "−");
};

// All heads: the measure that is chosen stands in the address, so that a link keeps it.
function chooseMeasure() {
  const choice = document.querySelector(".choice");
  const sections = [...document.querySelectorAll("section[data-measure]")];
  const show = (name) => {
    for (const section of sections) section.hidden = section.dataset.measure !== name;
    for (const button of choice.children)
      button.setAttribute("aria-pressed", String(button.dataset.measure === name));
  };
  choice.hidden = false;
  choice.addEventListener("click", ({ target }) => {
    if (!target.dataset.measure) return;
    history.replaceState(null, "", `#${encodeURIComponent(target.dataset.measure)}`);
    show(target.dataset.measure);
  });
  const asked = decodeURIComponent(location.hash.slice(1));
  show(sections.some((one) => one.dataset.measure === asked) ? asked : sections[0].dataset.measure);
}

const STEPS = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };

// In a grid, arrow keys go from head to head.
function walkGrids() {
  document.addEventListener("keydown", (event) => {
    const cell = event.target.closest?.(".grid td");
    const step = STEPS[event.key];
    if (!cell || !step || event.ctrlKey || event.metaKey || event.altKey) return;
    const row = cell.parentElement;
    const next = row.parentElement.rows[row.sectionRowIndex + step[0]]?.cells[cell.cellIndex + step[1]];
    const link = next?.querySelector("a");
    if (link) link.focus();
    event.preventDefault();
  });
}

// On a head's page, arrow keys open the head beside, above or below; among words they go along the text.
function walkHeads() {
  const ways = { ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };
  document.addEventListener("keydown", (event) => {
    if (!ways[event.key] || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.target.closest?.(".words, .wide, summary, svg, .ov-wide")) return;
    const link = document.querySelector(`nav a[data-way="${ways[event.key]}"]`);
    if (!link) return;
    event.preventDefault();
    link.click();
  });
}

// A text: the word that is touched is the query; the words that it sees are shaded by attention.
function touchWords(text) {
  const data = JSON.parse(text.querySelector("script").textContent);
  const line = text.querySelector(".words");
  const told = text.querySelector(".told");
  const buttons = [...line.querySelectorAll("button")];
  const show = (query) => {
    const attention = data.attention[query];
    const gave = data.gave[query];
    buttons.forEach((button, key) => {
      button.setAttribute("aria-pressed", String(key === query));
      button.tabIndex = key === query ? 0 : -1;
      button.style.setProperty("--a", attention[key] ?? 0);
      const small = button.querySelector("small");
      small.textContent = Math.abs(gave[key] ?? 0) >= 0.005 ? number(gave[key]) : "";
    });
    const total = gave.reduce((sum, one) => sum + one, 0);
    const most = attention.indexOf(Math.max(...attention));
    told.textContent =
      `At ${data.words[query]} it looks most at ${data.words[most]} (${number(attention[most])}) and gives ` +
      `${number(total)} to ${data.next[query]}, the next word; ${number(data.boxed[query])} of it along the boxed path.`;
  };
  const go = (target) => {
    const query = buttons.indexOf(target.closest("button"));
    if (query >= 0) show(query);
  };
  line.addEventListener("click", ({ target }) => go(target));
  line.addEventListener("pointerover", ({ target, pointerType }) => pointerType === "mouse" && go(target));
  line.addEventListener("focusin", ({ target }) => go(target));
  line.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    const at = buttons.indexOf(event.target.closest("button"));
    if (!by || !buttons[at + by]) return;
    event.preventDefault();
    buttons[at + by].focus();
  });
  show(buttons.length - 1);
}

document.addEventListener("DOMContentLoaded", () => {
  if (document.querySelector(".choice")) {
    chooseMeasure();
    walkGrids();
    return;
  }
  document.querySelectorAll(".text").forEach(touchWords);
  walkHeads();
});
