// On every page: buttons on the cells, hints in stages, and what a reader left here. All else comes at the first click.
import { stage } from "./page/hints.js";
import { editOf, entryOf } from "./page/keeping.js";
import { lost } from "./page/parting.js";
import { ticks } from "./page/ticks.js";

const bundle = new URL(OVLEARN_BUNDLE, document.currentScript.src); // esbuild puts the name in

// Where the site begins, as Material tells it of the page that was loaded first.
const { base } = JSON.parse(document.getElementById("__config").textContent);
const site = new URL(base.replace(/\/?$/, "/"), location.href);

// `lessons/03_x/` and `lessons/03_x.html` are both the page lessons/03_x; below which address does not matter.
const page = () => location.pathname.replace(/(\/|\/index\.html|\.html)$/, "");

const made = (tag, properties) => Object.assign(document.createElement(tag), properties);

const button = (words, name, act) => made("button", {
  type: "button", className: "ov-button", textContent: words, ariaLabel: `${words} ${name}`.trim(), onclick: act,
});

function status() {
  const says = made("span", { className: "ov-says" });
  says.setAttribute("role", "status");
  return says;
}

/** The rest. A browser may remember that a module could not be fetched: the next time it has another address. */
async function rest() {
  try {
    return await import(bundle);
  } catch (error) {
    bundle.searchParams.set("again", Date.now());
    throw error;
  }
}

/** What a button does: load the rest, and hand it on. `says`: where to say what is wrong. */
const open = (element, action, says) => async () => {
  if (location.protocol === "file:") {
    says.textContent = "A page opened from disk may not load Python. Read it on the site, or run `make course`.";
    return;
  }
  try {
    const { act } = await rest();
    await act(element, action, page());
  } catch (error) {
    says.textContent = `The editor could not be loaded (${error.message}). Is there a connection? Try again.`;
  }
};

function wire(cell) {
  const block = [...cell.querySelectorAll(".highlight")].find(each => !each.closest(".ov-out"));
  if (!block || cell.dataset.wired) return;
  const { exercise, cell: number } = cell.dataset;
  const code = block.querySelector("code");
  const bar = made("div", { className: "ov-bar" }), says = status();
  const name = exercise || (number === "setup" ? "setup" : `cell ${number}`);
  cell.dataset.wired = "";
  cell.dataset.original = code.textContent.replace(/\n$/, "");
  for (const words of exercise ? ["Check", "Run", "Edit"] : ["Run", "Edit"]) {
    bar.append(button(words, name, open(cell, words.toLowerCase(), says)));
  }
  bar.append(says);
  if (Number(number)) bar.append(numbered(cell, number));
  const fold = block.closest("details");
  (cell.contains(fold) ? fold : block).after(bar); // a folded cell has its buttons outside the fold
  block.addEventListener("click", ({ target }) => {
    if (target.closest("button, a, .md-clipboard, .md-code__button") || String(getSelection())) return;
    open(cell, "edit", says)();
  });
  const tries = cell.querySelector(":scope > .ov-tries");
  if (tries) {
    tries.hidden = false;
    tries.append("Try: ");
    for (const [words, old, changed] of JSON.parse(tries.dataset.tries)) {
      tries.append(button(words, `in ${name}`, open(cell, { old, changed }, says)));
    }
  }
  const edit = editOf(page(), exercise || number);
  if (edit) kept(cell, edit, { code, name, says });
  if (!exercise) return;
  stage(cell);
}

/** Its number, by which messages name it, as a link to it. */
function numbered(cell, number) {
  cell.id ||= `cell-${number}`;
  return made("a", { className: "ov-number", href: `#${cell.id}`, textContent: `cell ${number}` });
}

/** What one wrote here before: its code, above an output that is still the original's. */
function kept(cell, edit, { code, name, says }) {
  code.textContent = edit.code;
  says.textContent = "Your edit, kept in this browser.";
  says.before(button("Restore the original", name, open(cell, "restore", says)));
  cell.classList.add("ov-edited");
  const output = cell.querySelector(".ov-out");
  if (!output) return;
  cell.classList.add("ov-stale");
  output.before(made("p", { className: "ov-was", textContent: "Output of the original: run to see yours." }));
}

/** How far one is in a set, and files in and out. */
function panel(box) {
  if (box.dataset.wired) return;
  box.dataset.wired = "";
  const says = status();
  const names = [...document.querySelectorAll(".ov-cell[data-exercise]")].map(cell => cell.dataset.exercise);
  const file = made("input", { type: "file", accept: ".json,application/json", hidden: true, onchange: open(box, "import", says) });
  says.textContent = `${names.filter(name => entryOf(name).passed).length} of ${names.length} passed.`;
  box.append(
    says,
    button("Download your work", "", open(box, "download", says)),
    button("Export progress", "", open(box, "export", says)),
    button("Import progress", "", () => file.click()),
    file,
  );
}

/** What was passed, here and wherever a set is named. */
function passed() {
  for (const cell of document.querySelectorAll(".ov-cell[data-exercise][data-wired]")) {
    const says = cell.querySelector(".ov-says");
    if (entryOf(cell.dataset.exercise).passed && !says.textContent) says.textContent = "✓ passed";
  }
  ticks(site);
}

/** Say where Python was when the browser closed this page under it. */
function told() {
  const had = lost(page());
  const cell = had && [...document.querySelectorAll(".ov-cell[data-wired]")].find(({ dataset }) => (dataset.exercise || dataset.cell) === had);
  if (!cell) return;
  cell.querySelector(".ov-says").textContent = "The browser closed this page while Python was in it: it may have had no memory left. "
    + "What was defined is gone, what you typed is kept.";
}

let first = true;

function start() {
  document.querySelectorAll(".ov-cell").forEach(wire);
  if (first) told(); // while pages are only swapped, Python stays
  first = false;
  document.querySelectorAll(".ov-progress").forEach(panel);
  passed();
}

document.addEventListener("ov-progress", passed);

if (typeof document$ === "undefined") start();
else document$.subscribe(start); // Material swaps pages, and says so here
