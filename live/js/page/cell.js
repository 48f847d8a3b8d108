// One cell of a page: its editor, its bar of buttons, what it says and what it put out.
import { clean } from "./clean.js";
import { editor } from "./editor.js";
import { editOf, keepEdit } from "./keeping.js";

export class Cell {
  #editor = null;
  #keeping = 0;

  /** @param {HTMLElement} element the `.ov-cell`, wired by the loader; `run()`: what Shift+Enter does */
  constructor(element, where, run) {
    this.element = element;
    this.where = where;
    this.exercise = element.dataset.exercise || "";
    this.id = this.exercise || element.dataset.cell;
    this.original = element.dataset.original;
    this.run = run;
    this.block = [...element.querySelectorAll(".highlight")].find(each => !each.closest(".ov-out"));
    this.bar = element.querySelector(".ov-bar");
    this.says = this.bar.querySelector(".ov-says");
    this.saved = editOf(where, this.id);
  }

  get name() { return this.exercise || (this.id === "setup" ? "setup" : `cell ${this.id}`); }

  get code() { return this.#editor?.state.doc.toString() ?? this.saved?.code ?? this.original; }

  /** Put an editor in the place of the code. */
  open({ focus = false } = {}) {
    if (!this.#editor) {
      this.#editor = editor({
        code: this.code, name: this.name, run: () => this.run(),
        changed: code => { this.#marked(code); clearTimeout(this.#keeping); this.#keeping = setTimeout(() => this.keep(), 300); },
      });
      this.block.hidden = true;
      this.block.after(this.#editor.dom);
      this.button("Edit")?.remove();
      this.#marked(this.code);
      if (this.saved && this.saved.original !== this.original) {
        this.say("The course has changed this cell since you edited it. What you wrote is kept.");
      }
    }
    if (focus) this.#editor.focus();
  }

  /** Keep what was typed, now. */
  keep() {
    clearTimeout(this.#keeping);
    const wrong = keepEdit(this.where, this.id, this.code, this.original);
    if (wrong) this.say(wrong);
  }

  restore() {
    this.#editor.dispatch({ changes: { from: 0, to: this.#editor.state.doc.length, insert: this.original } });
    this.keep();
    this.say("This is the original again.");
    this.#editor.focus();
  }

  say(words, { wrong = false } = {}) {
    this.says.textContent = words;
    this.says.classList.toggle("ov-wrong", wrong);
  }

  /** A button of the bar, by its words; made if there is none and `act` is given. */
  button(words, act) {
    const found = [...this.bar.querySelectorAll("button")].find(each => each.textContent === words);
    if (found || !act) return found;
    const made = Object.assign(document.createElement("button"), {
      type: "button", className: "ov-button", textContent: words, ariaLabel: `${words} ${this.name}`, onclick: act,
    });
    this.says.before(made);
    return made;
  }

  // What it put out

  clear() { this.element.querySelectorAll(".ov-out").forEach(each => each.remove()); }

  /** Text while it comes, before it is known what else there is. */
  print(text) {
    let shown = this.element.querySelector(".ov-printing");
    if (!shown) {
      shown = Object.assign(document.createElement("div"), { className: "ov-out ov-printing" });
      shown.append(document.createElement("pre"));
      this.element.append(shown);
    }
    shown.firstChild.append(text);
  }

  /** @param {string[]} outputs HTML that is not to be trusted */
  show(outputs) {
    this.clear();
    for (const html of outputs) {
      const part = clean(html);
      // an output is a box; what has none gets one
      if ([...part.children].some(each => each.matches(".ov-out"))) { this.element.append(part); continue; }
      const box = Object.assign(document.createElement("div"), { className: "ov-out" });
      box.append(part);
      this.element.append(box);
    }
    document.dispatchEvent(new CustomEvent("ov-shown", { detail: this.element }));
  }

  #marked(code) {
    const edited = code !== this.original;
    this.element.classList.toggle("ov-edited", edited);
    const restore = this.button("Restore the original", () => this.restore());
    restore.hidden = !edited;
  }
}
