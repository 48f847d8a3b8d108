// On every page: buttons on the cells, and the edits that a reader left here. All else is loaded at the first click.
(() => {
  "use strict";

  const bundle = new URL(OVLEARN_BUNDLE, document.currentScript.src); // esbuild puts the name in
  const kept = key => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } };

  const button = (words, name, act) => Object.assign(document.createElement("button"), {
    type: "button", className: "ov-button", textContent: words, ariaLabel: `${words} ${name}`, onclick: act,
  });

  // `lessons/03_x/` and `lessons/03_x.html` are both the page lessons/03_x; below which address does not matter.
  const page = () => location.pathname.replace(/(\/|\/index\.html|\.html)$/, "");

  function wire(cell, edits, progress) {
    const block = [...cell.querySelectorAll(".highlight")].find(each => !each.closest(".ov-out"));
    if (!block || cell.dataset.wired) return;
    const { exercise, cell: number } = cell.dataset;
    const code = block.querySelector("code");
    const bar = Object.assign(document.createElement("div"), { className: "ov-bar" });
    const says = Object.assign(document.createElement("span"), { className: "ov-says" });
    const name = exercise || (number === "setup" ? "setup" : `cell ${number}`);
    const open = action => async () => {
      if (location.protocol === "file:") {
        says.textContent = "A page opened from disk may not load Python. Read it on the site, or run `make course`.";
        return;
      }
      try {
        const { act } = await import(bundle);
        await act(cell, action, page());
      } catch (error) {
        says.textContent = `The editor could not be loaded (${error.message}). Is there a connection? Try again.`;
      }
    };
    says.setAttribute("role", "status");
    cell.dataset.wired = "";
    cell.dataset.original = code.textContent.replace(/\n$/, "");
    if (exercise) bar.append(button("Check", name, open("check")));
    bar.append(button("Run", name, open("run")), button("Edit", name, open("edit")), says);
    block.after(bar);
    const edit = edits[exercise || number];
    if (edit) {
      code.textContent = edit.code;
      says.textContent = "Your edit, kept in this browser.";
    }
    if (progress[exercise]?.passed) says.textContent = "✓ passed";
  }

  function start() {
    const cells = document.querySelectorAll(".ov-cell");
    if (!cells.length) return;
    const edits = kept(`ovlearn:edits:${page()}`), progress = kept("ovlearn:progress").exercises || {};
    cells.forEach(cell => wire(cell, edits, progress));
  }

  if (typeof document$ === "undefined") start();
  else document$.subscribe(start); // Material swaps pages, and says so here
})();
