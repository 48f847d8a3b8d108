// One Python for a page: its parts, its worker, and what has been run in it.
import { Problem } from "./problem.js";
import { megabytes, modelFiles, models, runtime } from "./parts.js";
import { Sandbox } from "./sandbox.js";

export class Session {
  #sandbox = new Sandbox();
  #parts = null; // kept, so that Python starts again without the network
  #files = {}; // models, likewise
  #sent = new Set(); // those that this worker has
  #started = null;
  ran = new Map(); // the code that each cell was last run with, since the session began

  /** @param {{models?: string[], labels?: object}} needs what the page's cells load, and the numbers of its equations */
  constructor(needs) {
    this.needs = needs;
    this.#sandbox.ended = () => this.#forget();
  }

  /** Run code as a cell. `told(words)`: hears what is being waited for; `printed(text)`: hears text as it comes. */
  async run(cell, code, { told, printed }) {
    await this.#ready(code, told);
    told("Running …");
    const done = await this.#sandbox.ask({ kind: "run", cell, code, labels: this.needs.labels || {} }, printed);
    if (done.error) this.ran.delete(cell);
    else this.ran.set(cell, code);
    return done;
  }

  /** Run an answer, and then the checks of its exercise. Without a seed the checks draw new numbers. */
  async check(exercise, code, { told, seed = null }) {
    await this.#ready(code, told);
    told("Checking …");
    const verdict = await this.#sandbox.ask({ kind: "check", exercise, cell: exercise, code, seed });
    this.ran.set(exercise, code);
    return verdict;
  }

  /** End what runs, if need be in the middle. What was defined is gone; the next run starts Python again. */
  stop(words = "Stopped. What was defined is gone: the next run starts anew.") {
    this.#sandbox.kill(words);
    this.#forget();
  }

  /** Leave the page. */
  remove() {
    this.stop();
    this.#sandbox.remove();
  }

  #forget() {
    this.#started = null;
    this.#sent.clear();
    this.ran.clear();
  }

  async #ready(code, told) {
    this.#started ??= this.#start(told);
    try {
      await this.#started;
    } catch (error) {
      this.#started = null;
      throw error;
    }
    await this.#provide(code, told);
  }

  async #start(told) {
    this.#parts ??= await runtime((got, of) => told(`Loading Python: ${megabytes(got)} of ${megabytes(of)} MB`));
    told("Starting Python …");
    await this.#sandbox.start(this.#parts);
  }

  /** Models are large: a page fetches those that its code names. */
  async #provide(code, told) {
    const named = models.filter(name => this.needs.models?.includes(name) || mentions(code, name));
    const missing = named.filter(name => !this.#sent.has(name));
    if (!missing.length) return;
    const unknown = missing.filter(name => !this.#files[name]);
    const words = (got, of) => told(`Loading ${unknown.join(", ")}: ${megabytes(got)} of ${megabytes(of)} MB`);
    Object.assign(this.#files, unknown.length ? await modelFiles(unknown, words) : {});
    this.#sandbox.give(Object.fromEntries(missing.map(name => [name, this.#files[name]])));
    missing.forEach(name => this.#sent.add(name));
  }
}

const mentions = (code, name) => code.includes(name) || (name.endsWith("-text") && /\bzoo\.(text|card)\(/.test(code));

export { Problem };
