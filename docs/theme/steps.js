// A derivation, step by step: its lines come one after another, with what the rule replaced marked in the line before
// and what it made in the line itself; the rule's law and why it may be used stand above. Without this it is whole.
(() => {
  "use strict";

  const KEYS = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  const made = new WeakSet();

  function element(name, className, text = "") {
    const one = document.createElement(name);
    one.className = className;
    one.textContent = text;
    return one;
  }

  function button(words, press) {
    const one = element("button", "ov-button", words);
    one.type = "button";
    one.addEventListener("click", press);
    return one;
  }

  function stepper(chain) {
    const lines = [...chain.querySelectorAll(".ov-step")];
    let at = -1; // the last line that is shown; -1: all are

    const bar = element("div", "ov-stepper");
    bar.setAttribute("role", "group");
    bar.setAttribute("aria-label", "Steps of the derivation");
    const open = button("Step through", () => go(0));
    const back = button("Back", () => go(at - 1));
    const next = button("Next", () => go(at + 1));
    const whole = button("Show all", () => go(-1));
    const count = element("span", "ov-count");
    const because = element("p", "ov-because");  // between what is pressed and what it shows
    because.setAttribute("aria-live", "polite");
    bar.append(open, back, next, count, whole);
    chain.before(bar, because);

    function go(to) {
      const had = bar.contains(document.activeElement);
      at = Math.min(to, lines.length - 1);
      const stepping = at >= 0;
      chain.classList.toggle("ov-stepping", stepping);
      lines.forEach((line, place) => {
        line.classList.toggle("ov-later", stepping && place > at);
        line.classList.toggle("ov-now", place === at);
        line.classList.toggle("ov-last", place === at - 1);
        line.classList.toggle("ov-past", stepping && place < at - 1);
      });
      open.hidden = stepping;
      for (const other of [back, next, whole, count, because]) other.hidden = !stepping;
      back.disabled = at <= 0;
      next.disabled = at === lines.length - 1;
      if (!stepping) { if (had) open.focus(); return; }
      count.textContent = `${at + 1} of ${lines.length}`;
      const said = lines[at].querySelector(".ov-rule"), why = lines[at].querySelector(".ov-why");
      because.replaceChildren(element("b", "", said?.textContent ?? ""), ` ${why?.textContent ?? ""}`);
      const holds = document.activeElement; // one that is hidden now may still have the focus, and then loses it
      if (had && (holds.disabled !== false || holds.hidden)) (next.disabled ? back : next).focus();
      lines[at].scrollIntoView({ block: "nearest" });
    }

    const by = way => { if (at >= 0) go(Math.max(0, at + way)); };
    bar.addEventListener("keydown", event => {
      if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey || at < 0) return;
      if (event.key === "Escape") go(-1);
      else if (KEYS[event.key]) by(KEYS[event.key]);
      else return;
      event.preventDefault();
    });
    swiped(because, by);
    swiped(chain, way => { if (chain.scrollWidth <= chain.clientWidth) by(way); });
    go(-1);
  }

  /** Call `by` with 1 for a swipe to the left, and -1 for one to the right. */
  function swiped(area, by) {
    let from = null;
    area.addEventListener("touchstart", event => { from = event.touches.length === 1 ? event.touches[0] : null; }, { passive: true });
    area.addEventListener("touchend", event => {
      const to = event.changedTouches[0];
      if (!from || Math.abs(to.clientX - from.clientX) < 48) return;
      if (Math.abs(to.clientX - from.clientX) > 2 * Math.abs(to.clientY - from.clientY)) by(to.clientX < from.clientX ? 1 : -1);
      from = null;
    });
  }

  function start() {
    for (const chain of document.querySelectorAll(".ov-chain")) {
      if (made.has(chain) || chain.querySelectorAll(".ov-step").length < 2) continue;
      made.add(chain);
      // a copy of an output has a bar that does nothing
      while (chain.previousElementSibling?.matches(".ov-stepper, .ov-because")) chain.previousElementSibling.remove();
      stepper(chain);
    }
  }

  document.addEventListener("ov-shown", start);
  document$.subscribe(start);
})();
