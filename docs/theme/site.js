// A box that scrolls can be focused, so that arrow keys scroll it. One that has nothing to scroll should not stop the
// tab key: it loses its tabindex until it has.
(() => {
  const boxes = () => document.querySelectorAll(".ov-scroll, .ov-wide, .ov-out, .md-typeset__scrollwrap");

  const settle = (box) => {
    if (box.dataset.walk !== undefined) return; // symbols.js keeps that tab stop
    if (box.scrollWidth > box.clientWidth) box.tabIndex = 0;
    else box.removeAttribute("tabindex");
  };

  const sizes = new ResizeObserver((entries) => entries.forEach((entry) => settle(entry.target)));

  const start = () => {
    sizes.disconnect();
    boxes().forEach((box) => sizes.observe(box));
  };

  // Material replaces the page's content on instant navigation, and says so here; a cell that was run says so, too.
  document$.subscribe(start);
  document.addEventListener("ov-shown", start);
})();
