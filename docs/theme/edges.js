// Figures and code that are wider than the page fade at the edge at which there is more.
(() => {
  "use strict";

  const BOXES = ".ov-wide, .ov-paths, .highlight code, .cm-scroller";
  const seen = new WeakSet();

  function fade(box) {
    const over = box.scrollWidth - box.clientWidth;
    const before = over > 1 && box.scrollLeft > 1;
    const after = over > 1 && box.scrollLeft < over - 1;
    box.classList.toggle("ov-more-before", before);
    box.classList.toggle("ov-more-after", after);
  }

  const sizes = new ResizeObserver(entries => entries.forEach(entry => fade(entry.target)));

  function start() {
    for (const box of document.querySelectorAll(BOXES)) {
      if (seen.has(box)) continue;
      seen.add(box);
      sizes.observe(box);
      box.addEventListener("scroll", () => fade(box), { passive: true });
    }
  }

  // A cell that was run brings new boxes; an editor that opens takes the focus.
  for (const name of ["ov-shown", "focusin"]) document.addEventListener(name, start);

  // Material swaps the page without loading it anew; document$ says when.
  document$.subscribe(start);
})();
