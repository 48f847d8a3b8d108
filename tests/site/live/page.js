// The page's side of the sandbox, as short as can be: the messages of live/js/frame/worker.js and nothing else.
window.messages = []; // every message from the port, and every one that reaches the window itself
addEventListener("message", ({ data }) => messages.push({ window: true, data }));

let port, waiting = new Map(), count = 0;

/** Fetch the parts of the lock, by name. */
window.fetchParts = async lock => {
  const get = async ({ file }) => (await fetch(`/live/${file}`)).arrayBuffer();
  const all = Object.entries(lock).map(async ([name, entry]) => [name, await get(entry)]);
  window.parts = Object.fromEntries(await Promise.all(all));
};

/** Show the frame in an iframe, as the page does; `sandbox`: its attribute, or null for none. */
window.openFrame = async (address, sandbox = "allow-scripts") => {
  window.frame?.remove();
  window.frame = document.createElement("iframe");
  if (sandbox !== null) frame.setAttribute("sandbox", sandbox);
  frame.srcdoc = await (await fetch(address)).text();
  await new Promise(done => {
    frame.onload = done;
    document.body.append(frame);
  });
};

/** A worker in the frame; resolves with what it says first. `given`: its parts. */
window.spawn = (given = window.parts) => {
  const { port1, port2 } = new MessageChannel();
  frame.contentWindow.postMessage({ kind: "spawn" }, "*", [port2]);
  return begin(port1, given);
};

/** The same script in a worker that nothing binds. */
window.spawnFree = (address, given = window.parts) => {
  const { port1, port2 } = new MessageChannel();
  window.free = new Worker(address);
  free.postMessage({ compiled: null }, [port2]);
  return begin(port1, given);
};

/** The parts but one. */
window.without = part => Object.fromEntries(Object.entries(parts).filter(([name]) => name !== part));

window.kill = () => frame.contentWindow.postMessage({ kind: "kill" }, "*");

window.tell = message => port.postMessage(message);

window.ask = message => new Promise(done => {
  waiting.set(++count, done);
  port.postMessage({ ...message, id: count });
});

/** Show what came back as the page does. */
window.show = html => document.body.append(page.clean(html));

/** What comes instead of an answer, where none comes. */
window.late = () => new Promise((_, fail) => setTimeout(fail, 60_000, new Error("no answer in a minute")));

/** The next message that says that Python is at its end. */
window.failure = () => new Promise(done => waiting.set("failed", done));

function begin(mine, given) {
  port = mine;
  port.onmessage = ({ data }) => {
    messages.push(data);
    if (data.kind === "ready" || data.kind === "failed") waiting.get("start")(data);
    if (data.kind === "failed") waiting.get("failed")?.(data);
    else if (data.kind !== "printed") waiting.get(data.id)?.(data);
  };
  return new Promise(done => {
    waiting.set("start", done);
    port.postMessage({ kind: "start", parts: given });
  });
}
