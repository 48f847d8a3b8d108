// A frame that has no origin of its own, and in it the worker in which a reader's code runs. They talk by a port; the
// messages are told in frame/worker.js. Nothing that comes back is believed: it is text, and HTML to be cleaned.
import frame from "ovlearn-frame";
import { Problem } from "./problem.js";

const CLOSED = "The browser closed Python: it may have had no memory left. "
  + "What was defined is gone: the next run starts anew.";
const BETWEEN = 2_000, UNANSWERED = 5; // ms from one call to the frame to the next, and how many stay without an answer

export class Sandbox {
  #frame = null;
  #port = null;
  #waiting = new Map(); // by the number of the message: how it ends, and what hears what is printed
  #count = 0;
  #calls = 0; // that the frame has not answered
  ended = null; // called when Python ends by itself

  constructor() {
    addEventListener("message", ({ source, data }) => {
      if (source === this.#frame?.contentWindow && data?.kind === "there") this.#calls = 0;
    });
    setInterval(() => { if (this.#waiting.size && this.#frame) this.#call(); }, BETWEEN);
  }

  /** Start Python from its parts; resolves once it waits for code. */
  async start(parts) {
    this.#frame ??= await framed();
    const { port1, port2 } = new MessageChannel();
    this.#port = port1;
    const ready = new Promise((resolve, reject) => this.#waiting.set("start", { resolve, reject }));
    port1.onmessage = ({ data }) => this.#hear(data);
    this.#frame.contentWindow.postMessage({ kind: "spawn" }, "*", [port2]);
    port1.postMessage({ kind: "start", parts });
    return ready;
  }

  /** Send a message, and wait for what comes of it. `printed(text)`: hears text as it comes. */
  ask(message, printed) {
    const id = ++this.#count;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject, printed });
      this.#port.postMessage({ ...message, id });
    });
  }

  /** Give it files; what is asked after that finds them. */
  give(files) { this.#port.postMessage({ kind: "files", files }); }

  /** End the worker, whatever it does. Everything that waits fails with these words. */
  kill(words) {
    this.#frame?.contentWindow?.postMessage({ kind: "kill" }, "*");
    this.#port?.close();
    this.#fail(words);
  }

  /** Leave nothing behind. */
  remove() {
    this.kill("The page was left.");
    this.#frame?.remove();
    this.#frame = null;
  }

  #hear(message) {
    if (message.kind === "failed") {
      this.ended?.(); // it answers no more
      return this.#fail(String(message.says));
    }
    const id = message.kind === "ready" ? "start" : message.id, waits = this.#waiting.get(id);
    if (!waits) return;
    if (message.kind === "printed") return waits.printed?.(String(message.text));
    this.#waiting.delete(id);
    waits.resolve(message);
  }

  /** A frame can have a process of its own, which ends and tells nobody. Python may be busy for long; its frame is not. */
  #call() {
    if (++this.#calls > UNANSWERED) this.#closed();
    else this.#frame.contentWindow?.postMessage({ kind: "call" }, "*");
  }

  #closed() {
    this.#frame.remove();
    this.#frame = null;
    this.#calls = 0;
    this.ended?.();
    this.#fail(CLOSED);
  }

  #fail(words) {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    waiting.forEach(({ reject }) => reject(new Problem(words)));
  }
}

const PATIENCE = 5_000; // ms after its load event, which also comes where its script may not run

/**
 * A frame that listens. Its document is fetched by the page and handed to it: a frame without an origin has no service
 * worker, and would find nothing without a connection.
 */
async function framed() {
  const element = document.createElement("iframe");
  element.setAttribute("sandbox", "allow-scripts");
  element.title = "Where Python runs";
  element.hidden = true;
  element.srcdoc = await fetchedFrame();
  return new Promise((resolve, reject) => {
    const there = ({ source, data }) => {
      if (source !== element.contentWindow || data?.kind !== "there") return;
      removeEventListener("message", there);
      resolve(element);
    };
    addEventListener("message", there);
    element.onload = () => setTimeout(() => {
      removeEventListener("message", there);
      reject(new Problem("The frame for Python did not start. Does the site's host forbid inline scripts or blob: by a "
        + "content security policy? How to use this site says what is needed. Try again."));
    }, PATIENCE);
    document.body.append(element);
  }).catch(problem => { element.remove(); throw problem; });
}

async function fetchedFrame() {
  const answer = await fetch(new URL(frame, import.meta.url)).catch(() => null);
  if (!answer?.ok) throw new Problem("The frame for Python could not be loaded. Is there a connection? Try again.");
  return answer.text();
}
