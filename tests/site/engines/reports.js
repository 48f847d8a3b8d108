// Goes first on every page of a session: what goes wrong is told to the server, since not every driver has a console.
(() => {
  const tell = words => navigator.sendBeacon("/said", words);
  for (const kind of ["error", "warn"]) {
    const before = console[kind];
    console[kind] = (...words) => { tell(`console.${kind}: ${words.join(" ")}`); before.apply(console, words); };
  }
  // of scripts, and of what could not be loaded
  addEventListener("error", ({ message, target }) => tell(`error: ${message ?? target.src ?? target.href}`), true);
  addEventListener("unhandledrejection", ({ reason }) => tell(`rejected: ${reason}`));
})();
