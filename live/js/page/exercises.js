// A page of exercises: progress, hints in stages, and the learner's work to take away.
import { bringIn, entryOf, keepEntry, progress } from "./keeping.js";

export class Exercises {
  constructor(page, data) {
    this.page = page;
    this.data = data;
    this.cells = page.cells.filter(cell => cell.exercise);
    this.cells.forEach(cell => this.#stage(cell));
    this.#panel();
    this.#count();
  }

  /** Keep what a check found, and say it. */
  noted(cell, { status, headline }) {
    const wrong = keepEntry(cell.exercise, { passed: status === "passed", attempts: entryOf(cell.exercise).attempts + 1 });
    const short = status === "wrong" ? "Not right yet: see below." : String(headline || "");
    cell.say(wrong || short, { wrong: status === "wrong" });
    this.#count();
  }

  // Hints: the next one is there once the one before was opened.

  #stage(cell) {
    const hints = hintsAfter(cell.element), opened = entryOf(cell.exercise).hints;
    hints.forEach((hint, at) => {
      hint.hidden = at > opened;
      hint.addEventListener("toggle", () => {
        if (!hint.open || at < entryOf(cell.exercise).hints) return;
        keepEntry(cell.exercise, { hints: at + 1 });
        if (hints[at + 1]) hints[at + 1].hidden = false;
      });
    });
  }

  // The panel: how far one is, and files in and out.

  #panel() {
    this.panel = Object.assign(document.createElement("div"), { className: "ov-progress" });
    this.says = document.createElement("span");
    this.says.setAttribute("role", "status");
    const file = Object.assign(document.createElement("input"), { type: "file", accept: ".json,application/json", hidden: true });
    file.onchange = async () => {
      if (file.files.length) this.#say(bringIn(await file.files[0].text()));
      file.value = "";
    };
    const buttons = [
      ["Download your work", () => this.#notebook()],
      ["Export progress", () => download("ovlearn-progress.json", JSON.stringify(progress(), null, 1), "application/json")],
      ["Import progress", () => file.click()],
    ].map(([words, act]) => Object.assign(document.createElement("button"),
      { type: "button", className: "ov-button", textContent: words, onclick: act }));
    this.panel.append(this.says, ...buttons, file);
    this.page.root.querySelector("h1")?.after(this.panel);
  }

  #count() {
    const passed = this.cells.filter(cell => entryOf(cell.exercise).passed);
    this.#say(`${passed.length} of ${this.cells.length} passed.`);
  }

  #say(words) { this.says.textContent = words; }

  /** The set's notebook, with what the learner wrote in the place of the starters. */
  async #notebook() {
    const address = `${location.pathname.replace(/(\/|\/index\.html|\.html)$/, "")}.ipynb`;
    try {
      const notebook = await (await fetch(address)).json();
      const written = new Map(this.data.exercises.map(({ name, starter }) => [starter, this.page.everything.find(each => each.id === name).code]));
      written.set(this.data.setup, this.page.everything[0].code);
      for (const cell of notebook.cells.filter(each => each.cell_type === "code")) {
        const source = [cell.source].flat().join("");
        if (written.has(source)) cell.source = written.get(source);
      }
      download(`${this.data.set}.ipynb`, JSON.stringify(notebook, null, 1), "application/x-ipynb+json");
    } catch {
      this.#say("The notebook could not be loaded. Is there a connection? Try again.");
    }
  }
}

/** The folded hints that follow a cell, up to the next cell or title. */
function hintsAfter(element) {
  const hints = [];
  for (let next = element.nextElementSibling; next && !next.matches("h2, .ov-cell"); next = next.nextElementSibling) {
    if (next.matches("details.question")) hints.push(next);
  }
  return hints;
}

function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
