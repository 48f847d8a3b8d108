// Pages that were opened can be read without a connection: a service worker keeps them, rendering/offline/worker.js.
// The site works without it, so whatever is wrong with it, or with storage, is nobody's concern.
(() => {
  const site = new URL("..", document.currentScript.src);
  if (!isSecureContext || location.protocol === "file:") return;
  let workers; // reading it may be refused, too
  try { workers = navigator.serviceWorker; } catch { return; }
  if (!workers) return;

  // Tell the worker what this page is and loads, as it does not see what came before it began. It knows what it has.
  let worker = null, loaded = null;
  const send = addresses => worker.postMessage(addresses);
  function tell(another) {
    worker = another;
    loaded?.disconnect();
    // what a page links is known; some browsers fetch the next page ahead, which was not opened
    const others = list => list.getEntries().filter(({ initiatorType }) => !/^(link|other)$/.test(initiatorType));
    loaded = new PerformanceObserver(list => send(others(list).map(({ name }) => name)));
    loaded.observe({ type: "resource", buffered: true });
    send([location.href]);
  }

  async function start() {
    try {
      await workers.register(new URL("offline-worker.js", site));
      tell((await workers.ready).active);
      workers.addEventListener("controllerchange", () => workers.controller !== worker && tell(workers.controller));
    } catch { /* refused */ }
  }

  if (document.readyState === "complete") start();
  else addEventListener("load", start); // nothing that is read waits for it
})();
