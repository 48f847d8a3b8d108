// A page of exercises: progress, and the learner's work to take away.
import { bringIn, entryOf, keepEntry, progress } from "./keeping.js";

export class Exercises {
  /** @param {Element} panel the `.ov-progress`, wired by the loader */
  constructor(page, panel) {
    this.page = page;
    this.says = panel.querySelector(".ov-says");
    this.file = panel.querySelector("input");
    this.cells = page.cells.filter(cell => cell.exercise);
  }

  async act(action) {
    if (action === "import") await this.#bringIn();
    if (action === "export") download("ovlearn-progress.json", JSON.stringify(progress(), null, 1), "application/json");
    if (action === "download") await this.#notebook();
  }

  /** Keep what a check found, and say it. */
  noted(cell, { status, headline }) {
    const before = entryOf(cell.exercise); // what was passed stays passed
    const wrong = keepEntry(cell.exercise, { passed: before.passed || status === "passed", attempts: before.attempts + 1 });
    const short = status === "wrong" ? "Not right yet: see below." : String(headline || "");
    cell.say(wrong || [short, status === "passed" && this.#next()].filter(Boolean).join(" · "), { wrong: status === "wrong" });
    this.#say(this.#count());
  }

  /** How far one is, and the first exercise that is still to do. */
  #next() {
    const next = this.cells.find(each => !entryOf(each.exercise).passed);
    return next ? `${this.#count()} Next: ${next.exercise}.` : "That was the last one: the set is done.";
  }

  #count() {
    const passed = this.cells.filter(cell => entryOf(cell.exercise).passed);
    return `${passed.length} of ${this.cells.length} passed.`;
  }

  #say(words) { this.says.textContent = words; }

  async #bringIn() {
    if (!this.file.files.length) return;
    const words = bringIn(await this.file.files[0].text());
    this.file.value = "";
    this.#say(`${words} ${this.#count()}`);
  }

  /** The set's notebook, with what the learner wrote in the place of the starters. */
  async #notebook() {
    try {
      const [data, notebook] = await Promise.all([this.page.data(), this.page.beside("ipynb")]);
      const written = new Map(data.exercises.map(({ name, starter }) => [starter, this.page.codeOf(name, starter)]));
      written.set(data.setup, this.page.codeOf("setup", data.setup));
      for (const cell of notebook.cells.filter(each => each.cell_type === "code")) {
        const source = [cell.source].flat().join("");
        if (written.has(source)) cell.source = written.get(source);
      }
      download(`${data.set}.ipynb`, JSON.stringify(notebook, null, 1), "application/x-ipynb+json");
    } catch {
      this.#say("The notebook could not be loaded. Is there a connection? Try again.");
    }
  }
}

function download(name, text, type) {
  const address = URL.createObjectURL(new Blob([text], { type }));
  Object.assign(document.createElement("a"), { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}
