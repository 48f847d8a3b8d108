// The frame between page and worker. It makes the worker and ends it, and knows nothing else: page and worker talk
// by a port that passes through here. Python compiled stays here, so that a worker after Stop begins sooner.
const script = new Blob([OVLEARN_WORKER], { type: "text/javascript" }); // esbuild puts it in
const address = URL.createObjectURL(script);
const NO_WORKER = "This browser does not start Python in the page. A newer one may.";

let worker = null, compiled = null;

function spawn(port) {
  worker?.terminate();
  const born = worker = new Worker(address);
  born.onerror = () => port.postMessage({ kind: "failed", says: NO_WORKER }); // what fails later has the port itself
  born.onmessage = () => { // it is there, and has run no code of a reader's yet
    born.postMessage({ compiled }, [port]);
    born.onmessage = ({ data }) => {
      compiled ??= data;
      born.onmessage = null; // so that whatever else it sends here is not heard
    };
  };
}

const there = () => parent.postMessage({ kind: "there" }, "*");

function hear({ source, data, ports }) {
  if (source !== parent) return;
  if (data?.kind === "spawn") spawn(ports[0]);
  if (data?.kind === "kill") worker?.terminate();
  if (data?.kind === "call") there();
}

// Opened by itself, this document would have the site's origin, and whoever opened it could have code run there.
if (parent !== self && self.origin === "null") {
  addEventListener("message", hear);
  there();
}
