// A page whose cells run. The loader calls `act` with the cell and the button that was pressed.
import { Bar } from "./bar.js";
import { Cell } from "./cell.js";
import { Exercises } from "./exercises.js";
import { gone, here } from "./parting.js";
import { Problem } from "./problem.js";
import { Python } from "./python.js";
import { Session } from "./session.js";

const python = new Python();
let current = null; // one page at a time; instant navigation swaps the article

addEventListener("pagehide", gone);
python.ended = () => current?.ended();

/** Leave the page that is not shown any more: what runs there ends. */
function turn() {
  if (!current || current.root.isConnected) return;
  current.leave();
  current = null;
}

globalThis.document$?.subscribe(turn); // Material says so

/** Do what a button of a cell, or of the panel above, says. `where`: the page, for what is kept in the browser. */
export async function act(element, action, where) {
  const root = element.closest("article");
  turn();
  current ??= new Page(root, where);
  await current.act(element, action);
}

class Page {
  #data = null;

  constructor(root, where) {
    this.root = root;
    this.where = where;
    this.cells = [...root.querySelectorAll(".ov-cell[data-wired]")].map(
      element => new Cell(element, where, () => this.run(this.cell(element)), () => this.refresh()),
    );
    this.busy = false;
    this.leaving = () => this.cells.forEach(cell => cell.dirty && cell.keep());
    this.elsewhere = ({ key }) => key?.endsWith(`:${where}`) && this.cells.forEach(cell => cell.fetched());
    addEventListener("pagehide", this.leaving);
    addEventListener("storage", this.elsewhere); // another tab kept something
    const panel = root.querySelector(".ov-progress");
    if (panel) this.exercises = new Exercises(this, panel);
    const all = panel ? {} : { "Run all": () => this.runAll() };
    this.bar = new Bar(root, { ...all, Stop: () => this.stop(), Restart: () => this.restart() });
    this.#rests();
  }

  cell(element) { return this.cells.find(cell => cell.element === element); }

  leave() {
    this.leaving();
    removeEventListener("pagehide", this.leaving);
    removeEventListener("storage", this.elsewhere);
    this.bar.element.remove();
    if (this.busy) python.stop("The page was left.");
  }

  /** Python has ended by itself. */
  ended() {
    gone();
    if (!this.busy) this.#rests(); // else the cell that waits for it says so
  }

  async act(element, action) {
    const cell = this.cell(element);
    if (!cell) return this.exercises.act(action);
    cell.open({ focus: action === "edit" });
    if (action === "run") await this.run(cell);
    if (action === "check") await this.check(cell);
    if (action === "restore") cell.restore();
    if (action.old && cell.put(action.old, action.changed)) await this.run(cell);
  }

  /** Mark each output that is of other code than what stands on the page now. */
  refresh() {
    for (const cell of this.cells) {
      const [now, then] = [this.#made(cell, "code"), this.#made(cell, "original")];
      cell.outdated((cell.shownFor ?? then) !== now);
    }
  }

  /** All code that an output comes from: what stands above the cell, and its own. */
  #made(cell, of) {
    const above = this.cells.slice(0, this.cells.indexOf(cell)).filter(each => this.#countsAbove(each, cell));
    return [...above, cell].map(each => each[of]).join("\0");
  }

  #staleBelow(cell) { return this.cells.slice(this.cells.indexOf(cell) + 1).filter(each => each.isStale); }

  /** Run again what stands below and shows what was there before a change. */
  updateBelow(cell) {
    return this.#busily(cell, () => this.#upTo(this.#staleBelow(cell).at(-1), this.#notAsNow, cell));
  }

  /** Whether this session has not run a cell as it stands now. */
  #notAsNow = ({ id, code }) => this.session.ran.get(id) !== code;

  /** Run a cell; before it, those above that this session has not run as they are now, in this order. */
  run(cell) { return this.#busily(cell, () => this.#upTo(cell, this.#notAsNow)); }

  /** Run every cell, from top to bottom. */
  runAll() {
    const last = this.cells.at(-1);
    return this.#busily(last, () => this.#upTo(last, () => true));
  }

  check(cell) {
    return this.#busily(cell, async () => {
      const setup = this.everything.find(each => each.id === "setup");
      if (this.session.ran.get("setup") !== setup.code && !await this.#one(setup, cell)) return;
      const verdict = await this.session.check(cell.exercise, cell.code, { told: words => { cell.say(words); this.bar.say(words); } });
      cell.show([...(verdict.outputs || []), verdict.error?.html, verdict.html].filter(Boolean));
      cell.shownFor = this.#made(cell, "code");
      this.refresh();
      cell.say("");
      this.exercises.noted(cell, verdict);
    });
  }

  stop() {
    gone();
    python.stop("Stopped. What was defined is gone: the next run starts anew.");
  }

  /** Forget all that was defined. */
  restart() {
    gone();
    python.stop("");
    this.#rests();
  }

  /** Say in the bar how things stand while nothing runs. */
  #rests() {
    const count = this.cells.filter(({ id, code }) => this.session?.ran.get(id) === code).length;
    const has = count ? `, ${count} of ${this.cells.length} cells have run` : "";
    this.bar.say(python.on ? `waits${has}.` : "is not running.");
    this.bar.busy(false);
  }

  /** Run what is wanted above a cell, and the cell. `asked`: the cell that tells how it goes. */
  async #upTo(last, wanted, asked = last) {
    for (const each of this.everything.slice(0, this.#place(last))) {
      if (this.#countsAbove(each, last) && wanted(each) && !await this.#one(each, asked)) return;
    }
    await this.#one(last, asked);
  }

  #place(cell) { return this.everything.findIndex(each => each.id === cell.id); }

  /** On a page of exercises a cell needs the setup alone: another exercise may be half done. */
  #countsAbove(cell, last) { return !last.exercise || cell.id === "setup"; }

  /** Run one cell. `asked`: the cell whose button was pressed, which tells how it goes. Returns whether it went well. */
  async #one(cell, asked) {
    const shown = cell instanceof Cell ? cell : null, begun = performance.now();
    let printed = "";
    const done = await this.session.run(cell.id, cell.code, {
      told: words => {
        const running = words === "Running …" && shown;
        asked.say(running && shown !== asked ? `Running ${cell.name}, above …` : words);
        this.bar.say(running ? `runs ${cell.name} …` : words);
      },
      printed: text => { printed ||= (shown?.clear(), "begun"); shown?.print(text); },
    });
    this.everything.slice(this.#place(cell) + 1).forEach(below => this.session.ran.delete(below.id)); // it may use this one
    shown?.show([...done.outputs, ...(done.error ? [done.error.html] : [])]);
    if (shown) shown.shownFor = this.#made(shown, "code");
    this.refresh();
    if (done.error && shown !== asked) asked.say(`${shown ? cell.name : "A cell that is not shown"}, above, failed: ${done.error.says}`, { wrong: true });
    else if (done.error) asked.say("It failed; see below.", { wrong: true });
    else asked.say(`Done in ${((performance.now() - begun) / 1000).toFixed(1)} s. ${done.did || ""}`.trim());
    return !done.error;
  }

  /** One thing at a time; what goes wrong is said beside the cell. */
  async #busily(cell, work) {
    if (this.busy) { cell.say("Python is busy with another cell. Stop it, or wait."); return; }
    this.busy = true;
    cell.open();
    this.bar.busy(true);
    const stop = cell.button("Stop", () => this.stop()), run = cell.button("Run");
    run.before(stop); // where one just pressed
    stop.hidden = false;
    if (document.activeElement === run) stop.focus();
    run.hidden = true;
    cell.element.setAttribute("aria-busy", "true");
    try {
      await this.#prepared();
      here(this.where, cell.id);
      await work();
    } catch (error) {
      if (!(error instanceof Problem)) console.error(error);
      cell.say(error instanceof Problem ? error.message : `This page failed: ${error.message}`, { wrong: true });
    } finally {
      this.busy = false;
      this.#rests();
      run.hidden = false;
      if (document.activeElement === stop) run.focus();
      stop.hidden = true;
      cell.element.removeAttribute("aria-busy");
      const update = cell.button("Update below", () => this.updateBelow(cell));
      update.hidden = cell.exercise !== "" || !this.#staleBelow(cell).length;
    }
  }

  /** Fetch what the page's cells are, those that are not shown too. */
  async #prepared() {
    if (this.session) return;
    const data = await this.data();
    const shown = id => this.cells.find(cell => cell.id === id);
    const hidden = (id, code) => ({ id, code, name: "" });
    this.everything = data.kind === "lesson"
      ? data.cells.map(({ name, code }) => shown(name) || hidden(name, code))
      : [shown("setup") || hidden("setup", data.setup), ...data.exercises.map(({ name, starter }) => shown(name) || hidden(name, starter))];
    this.session = new Session(python, data);
  }

  /** What the page's cells are. */
  async data() {
    try {
      return this.#data ??= await this.beside("cells.json");
    } catch {
      throw new Problem("The cells of this page could not be loaded. Is there a connection? Try again.");
    }
  }

  /** A file of JSON that stands beside the page, by its ending. */
  async beside(ending) { return (await fetch(`${location.origin}${this.where}.${ending}`)).json(); }

  /** The code of a cell as it stands, or what it is where it is not shown. */
  codeOf(id, otherwise) { return this.cells.find(cell => cell.id === id)?.code ?? otherwise; }
}
