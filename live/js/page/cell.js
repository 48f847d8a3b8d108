// One cell of a page: its editor, its bar of buttons, what it says and what it put out.
import { clean } from "./clean.js";
import { editor, indent } from "./editor.js";
import { editOf, keepEdit } from "./keeping.js";

export class Cell {
  #editor = null;
  #keeping = 0;
  #built; // what the build showed, to put back
  #ran; // the code that made what is shown, once something ran

  /**
   * @param {HTMLElement} element the `.ov-cell`, wired by the loader; `run()`: what Shift+Enter does; `changed()`:
   * called when the code is another
   */
  constructor(element, where, run, changed) {
    this.element = element;
    this.where = where;
    this.exercise = element.dataset.exercise || "";
    this.id = this.exercise || element.dataset.cell;
    this.original = element.dataset.original;
    this.run = run;
    this.changed = changed;
    this.#built = this.#outputs().map(each => each.cloneNode(true));
    this.block = [...element.querySelectorAll(".highlight")].find(each => !each.closest(".ov-out"));
    this.bar = element.querySelector(".ov-bar");
    this.says = this.bar.querySelector(".ov-says");
    this.saved = editOf(where, this.id);
  }

  get name() { return this.exercise || (this.id === "setup" ? "setup" : `cell ${this.id}`); }

  /** Whether something was typed since it was kept. */
  get dirty() { return this.#keeping !== 0; }

  get code() { return this.#editor?.state.doc.toString() ?? this.saved?.code ?? this.original; }

  /** Put an editor in the place of the code. */
  open({ focus = false } = {}) {
    if (!this.#editor) {
      this.#editor = editor({
        code: this.code, name: this.name, run: () => this.run(),
        changed: code => {
          this.#marked(code);
          clearTimeout(this.#keeping);
          this.#keeping = setTimeout(() => this.keep(), 300);
          if (!this.element.hasAttribute("aria-busy")) this.say(""); // what it says is of the code before
          this.changed();
        },
      });
      const fold = this.block.closest("details");
      if (fold) fold.open = true;
      this.block.hidden = true;
      this.block.after(this.#editor.dom);
      this.button("Edit")?.remove();
      this.#indentKey();
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
    this.#keeping = 0;
    const wrong = keepEdit(this.where, this.id, this.code, this.original);
    if (wrong) this.say(wrong);
  }

  /** Put something for what stands in the code; where it does not stand there any more, say so. */
  put(old, changed) {
    const code = this.code.includes(old) ? this.code : this.original;
    if (code !== this.code && this.code !== this.original.replace(old, changed)) {
      this.say(`Your code has no ${old} to change. Restore the original to try this.`);
      return false;
    }
    this.#put(code.replace(old, () => changed));
    return true;
  }

  /** Code and output as the build has them. */
  restore() {
    this.#put(this.original);
    this.keep();
    this.clear();
    this.element.append(...this.#built.map(each => each.cloneNode(true)));
    this.#ran = this.shownFor = undefined;
    this.#marked(this.original);
    this.changed();
    this.#told();
    this.say("This is the original again, with its output.");
    this.#editor.focus();
  }

  /** What another tab kept of this cell stands here too, unless one is typing here. */
  fetched() {
    if (this.dirty) return;
    this.saved = editOf(this.where, this.id);
    const code = this.saved?.code ?? this.original;
    if (this.#editor && code !== this.code) this.#put(code);
    clearTimeout(this.#keeping);
    this.#keeping = 0;
  }

  /** Say above the outputs that they are of other code than what stands here now; `stale`: whether they are. */
  outdated(stale) {
    this.element.querySelector(":scope > .ov-was")?.remove();
    const [first] = this.#outputs();
    this.element.classList.toggle("ov-stale", stale && Boolean(first));
    if (!stale || !first) return;
    const own = this.code !== (this.#ran ?? this.original);
    const words = !own ? "Before your change above."
      : this.#ran === undefined ? "Output of the original: run to see yours." : "Output of what you ran before.";
    first.before(Object.assign(document.createElement("p"), { className: "ov-was", textContent: words }));
  }

  get isStale() { return this.element.classList.contains("ov-stale"); }

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

  clear() { this.element.querySelectorAll(".ov-out, .ov-was").forEach(each => each.remove()); }

  #outputs() {
    return [...this.element.querySelectorAll(".ov-out")].filter(each => !each.parentElement.closest(".ov-out"));
  }

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
    this.#ran = this.code;
    for (const html of outputs) {
      const part = clean(html);
      // an output is a box; what has none gets one
      if ([...part.children].some(each => each.matches(".ov-out"))) { this.element.append(part); continue; }
      const box = Object.assign(document.createElement("div"), { className: "ov-out" });
      box.append(part);
      this.element.append(box);
    }
    this.#outputs().forEach(bounded);
    this.#told();
  }

  #told() { document.dispatchEvent(new CustomEvent("ov-shown", { detail: this.element })); }

  /** A key that only fingers see; the editor keeps the focus, and a phone its keyboard. */
  #indentKey() {
    const key = this.button("Indent", () => indent(this.#editor));
    key.classList.add("ov-indent");
    key.addEventListener("pointerdown", event => event.preventDefault());
  }

  #put(code) {
    this.#editor.dispatch({ changes: { from: 0, to: this.#editor.state.doc.length, insert: code } });
  }

  #marked(code) {
    const edited = code !== this.original;
    this.element.classList.toggle("ov-edited", edited);
    const restore = this.button("Restore the original", () => this.restore());
    restore.hidden = !edited;
  }
}

/** Long text scrolls in its box; a button shows all of it. */
function bounded(output) {
  for (const text of output.querySelectorAll("pre")) {
    if (text.scrollHeight <= text.clientHeight + 1) continue;
    text.tabIndex = 0;
    const all = Object.assign(document.createElement("button"), {
      type: "button", className: "ov-button", textContent: "Show all",
      onclick: () => { text.classList.add("ov-whole"); all.remove(); },
    });
    text.after(all);
  }
}
