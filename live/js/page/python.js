// The Python of a visit: its parts, its worker, the files that it was given. It stays when one goes on to the next page,
// whose cells begin without the names of the last one's.
import { megabytes, modelFiles, models, runtime } from "./parts.js";
import { Sandbox } from "./sandbox.js";

export class Python {
  #sandbox = new Sandbox();
  #parts = null; // kept, so that Python starts again without the network
  #files = {}; // models, likewise
  #sent = new Set(); // those that this worker has
  #started = null;
  #user = null; // the session whose names it has

  ended = null; // called when it ends by itself

  constructor() {
    this.#sandbox.ended = () => {
      this.#forget();
      this.ended?.();
    };
  }

  /** Whether it runs, or is about to. */
  get on() { return this.#started !== null; }

  /** Have Python wait for some code of a session. `told(words)`: hears what is being waited for. */
  async ready(session, code, told) {
    this.#started ??= this.#start(told);
    try {
      await this.#started;
    } catch (error) {
      this.#started = null;
      throw error;
    }
    if (this.#user && this.#user !== session) await this.#sandbox.ask({ kind: "reset" });
    this.#user = session;
    await this.#provide(session.needs.models, code, told);
  }

  ask(message, printed) { return this.#sandbox.ask(message, printed); }

  /** End what runs, if need be in the middle. What was defined is gone; the next run starts Python again. */
  stop(words) {
    this.#sandbox.kill(words);
    this.#forget();
  }

  #forget() {
    this.#user?.forget();
    this.#user = this.#started = null;
    this.#sent.clear();
  }

  async #start(told) {
    this.#parts ??= await runtime((got, of) => told(`Loading Python: ${megabytes(got)} of ${megabytes(of)} MB`));
    told("Starting Python …");
    await this.#sandbox.start(this.#parts);
  }

  /** Models are large: a page fetches those that its code names. */
  async #provide(needed, code, told) {
    const named = models.filter(name => needed?.includes(name) || mentions(code, name));
    const missing = named.filter(name => !this.#sent.has(name));
    if (!missing.length) return;
    const unknown = missing.filter(name => !this.#files[name]);
    const words = (got, of) => told(`Loading ${unknown.join(", ")}: ${megabytes(got)} of ${megabytes(of)} MB`);
    Object.assign(this.#files, unknown.length ? await modelFiles(unknown, words) : {});
    this.#sandbox.give(Object.fromEntries(missing.map(name => [name, this.#files[name]])));
    missing.forEach(name => this.#sent.add(name));
  }
}

// A whole name: "king-james" is not meant where "king-james-two-layers" stands.
const mentions = (code, name) => new RegExp(`(?<![\\w-])${name}(?![\\w-])`).test(code) || (name.endsWith("-text") && /\bzoo\.(text|card)\(/.test(code));


