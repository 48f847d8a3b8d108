// What has been run on a page, in the Python of the visit.
export class Session {
  ran = new Map(); // the code that each cell was last run with, since Python began

  /** @param {{models?: string[], labels?: object}} needs what the page's cells load, and the numbers of its equations */
  constructor(python, needs) {
    this.python = python;
    this.needs = needs;
  }

  /** Run code as a cell. `told(words)`: hears what is being waited for; `printed(text)`: hears text as it comes. */
  async run(cell, code, { told, printed }) {
    await this.python.ready(this, code, told);
    told("Running …");
    const done = await this.python.ask({ kind: "run", cell, code, labels: this.needs.labels || {} }, printed);
    if (done.error) this.ran.delete(cell);
    else this.ran.set(cell, code);
    return done;
  }

  /** Run an answer, and then the checks of its exercise. Without a seed the checks draw new numbers. */
  async check(exercise, code, { told, seed = null }) {
    await this.python.ready(this, code, told);
    told("Checking …");
    const verdict = await this.python.ask({ kind: "check", exercise, cell: exercise, code, seed });
    this.ran.set(exercise, code);
    return verdict;
  }

  /** What was defined is gone. */
  forget() { this.ran.clear(); }
}
