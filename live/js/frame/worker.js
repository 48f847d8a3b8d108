// The worker in which Python runs. What follows is the reference for all that page, frame and worker say.
//
// Frame → page (postMessage to the window):
//   {kind: "there"}                     it listens: at first, and when it is called
//
// Page → frame (postMessage to the iframe's window):
//   {kind: "spawn"} and a MessagePort   start a worker, and give it the port; one that runs is ended
//   {kind: "kill"}                      end the worker, whatever it does
//   {kind: "call"}                      say whether it is still there
//
// Page → worker, by the port. The worker does them in order, one at a time:
//   {kind: "start", parts}              parts: {name: ArrayBuffer}, those of live/parts; the first message
//   {kind: "files", files}              files: {name: ArrayBuffer}, of models: "king-james", as zoo.load names it
//   {kind: "run", id, cell, code, labels}
//       run code as a cell. cell: its number or name, for tracebacks ("cell 4, line 2"); labels: the numbers of
//       the page's equations, {"eq:box": "7.1"}
//   {kind: "check", id, exercise, cell, code, seed}
//       run an answer as a cell, then the checks of its exercise. What this cell defined before is forgotten
//       first. seed: a number, or null to draw anew
//   {kind: "reset", id}                 forget all names; what was imported stays
//
// Worker → page, by the port:
//   {kind: "ready", seconds}            Python waits for code
//   {kind: "printed", id, text}         text as it comes; all of it is in the outputs again
//   {kind: "done", id, outputs, error, seconds, cut, did}
//       outputs: [HTML, …] in order, printed text too, each a block .ov-out; error: null, or what ended the cell:
//       says is a line of text, html a block .ov-out.ov-error; cut: whether outputs were too much for a page;
//       did: what a cell did that shows nothing, in words. After "reset" there are none
//   {kind: "verdict", id, exercise, status, mistake, says, headline, evidence, html, outputs, error, seconds, cut}
//       status: "passed", "wrong" or "not attempted"; headline: a line of text; evidence: [[name, value], …];
//       html: all of the verdict. The rest is as in "done", of the answer's cell, which may break and still have
//       a verdict: show the outputs, then error.html, then html
//   {kind: "failed", says}              Python could not start, or has ended. Nothing more will come: spawn anew
//
// A reader's code shares this worker, so it can send the page whatever it likes, in Python's name. The page takes
// it as text, and as HTML to be cleaned, and drops an id that nothing waits for.
import { interpreter } from "./boot.js";

// How Python ends when it is no error that Python could tell, and what a reader can make of it.
const KNOWN = [
  [/call stack/i, "the code was nested too deeply for it"],
  [/exit\(/, "the code ended the whole process"],
  [/^closed$/, "the code closed it"],
  [/abort|out of bounds|unreachable/i, "the code broke its memory"],
];
const PATIENCE = 150; // ms without a message after which Python imports ahead

let port, python = null, ahead = null;

self.onmessage = ({ data, ports }) => { // from the frame, once
  self.onmessage = null;
  [port] = ports;
  let done = Promise.resolve();
  port.onmessage = ({ data: message }) => {
    clearTimeout(ahead);
    done = done.then(() => heard(message, data.compiled)).catch(fail);
  };
};
self.close = () => fail("closed"); // else not every browser would tell anyone
self.postMessage("awake");

async function heard(message, compiled) {
  if (message.kind === "start") await start(message.parts, compiled);
  else if (message.kind === "files") python.write(message.files);
  else python.hear(JSON.stringify(message));
  ahead = setTimeout(prepare, PATIENCE);
}

async function start(parts, compiled) {
  const begun = performance.now();
  python = await interpreter(parts, compiled, {
    keep: module => self.postMessage(module),
    send: text => port.postMessage(JSON.parse(text)),
  });
  port.postMessage({ kind: "ready", seconds: (performance.now() - begun) / 1000 });
}

/** Import what cells are likely to need, a piece at a time, while nothing else waits. */
function prepare() {
  try {
    if (python.prepare()) ahead = setTimeout(prepare, PATIENCE);
  } catch (error) {
    fail(error);
  }
}

/** A reader's errors never come here: Python itself is at its end, or the browser cannot run it. */
function fail(error) {
  console.error(error);
  const says = python
    ? `Python has ended: ${reason(error)}. What was defined is gone.`
    : `Python could not start: ${reason(error)}.`;
  port.onmessage = () => port.postMessage({ kind: "failed", says });
  port.postMessage({ kind: "failed", says });
}

function reason(error) {
  const text = String(error?.message ?? error).trim().split("\n").at(-1).slice(0, 200).replace(/\.$/, "");
  const known = KNOWN.find(([sign]) => sign.test(text));
  return known ? known[1] : text;
}
