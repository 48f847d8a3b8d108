// Symbols: point at one in an equation, tap it, or walk through a displayed equation with the arrow keys,
// and a small note tells its name and shape. The words come from the page's glossary, #ov-glossary.
(() => {
  "use strict";

  const SYMBOL = ".katex [data-symbol]";
  const tip = document.createElement("div");
  tip.className = "ov-tip";
  tip.id = "ov-tip";
  tip.hidden = true;
  tip.setAttribute("role", "tooltip");
  tip.setAttribute("aria-live", "polite");

  let source, glossary; // the page's glossary, read once
  let here = null; // the symbol that the note is about
  let leaving = 0;

  function entry(symbol) {
    const script = document.getElementById("ov-glossary");
    if (script && script !== source) { source = script; glossary = JSON.parse(script.textContent); }
    return glossary && glossary[symbol.dataset.symbol];
  }
    // A displayed equation or a derivation, within which the arrow keys walk; else the formula in its line of text.
  const whole = symbol => symbol.closest("[data-walk]") || symbol.closest(".katex");

  // Words

  function place(index, indices) {
    if (!index) return "";
    const heads = index.split("→").map(each => each.split("."));
    const pair = each => each.length > 1 ? `(${each.join(", ")})` : each[0];
    if (heads.length > 1) return `${heads[0].length > 1 ? "heads" : "layers"} ${heads.map(pair).join(" → ")}`;
    if (!indices) return heads[0].length > 1 ? `through head ${pair(heads[0])}` : `through layer ${heads[0][0]}`;
    return heads[0].length > 1 ? `layer ${heads[0][0]}, head ${heads[0][1]}` : `layer ${heads[0][0]}`;
  }

  function words({ name, meaning, shape, indices, recorded }, { index, turned, part }) {
    const [rows, columns] = turned ? [shape[1], shape[0]] : shape;
    const where = place(index, indices);
    return `<span class="ov-shape">${rows} × ${columns}</span><b>${name}${part ? "′" : ""}</b>` +
      (turned ? ", transposed" : "") + (where ? `, ${where}` : "") + `<br>${meaning}` +
      (recorded && !part ? `<br><code>${recorded}</code>` : "");
  }

  // The note

  function show(symbol, { walked = false } = {}) {
    clearTimeout(leaving);
    if (symbol === here) return;
    const found = entry(symbol);
    if (!found) return;
    hide();
    here = symbol;
    mark(true);
    symbol.removeAttribute("title"); // the browser's own note would cover ours
    tip.innerHTML = words(found, symbol.dataset);
    (document.querySelector("main") || document.body).append(tip);
    tip.hidden = false;
    if (walked) symbol.scrollIntoView({ block: "nearest", inline: "nearest" });
    settle();
    whole(symbol).setAttribute("aria-describedby", tip.id);
  }

  function hide() {
    clearTimeout(leaving);
    if (!here) return;
    mark(false);
    whole(here).removeAttribute("aria-describedby");
    here = null;
    tip.hidden = true;
  }

  // The same symbol, wherever it stands in its equation; and what is of the same thing, all over the page.
  function mark(on) {
    const { symbol, index = "" } = here.dataset;
    for (const other of whole(here).querySelectorAll(`[data-symbol="${symbol}"]`)) {
      if ((other.dataset.index || "") === index) other.classList.toggle("ov-same", on);
    }
    here.classList.toggle("ov-here", on);
    for (const other of document.querySelectorAll(`[data-thing="${here.dataset.thing}"]`)) other.classList.toggle("ov-lit", on);
  }

  // Above the symbol if there is room, else below; always within the window.
  function settle() {
    const at = here.getBoundingClientRect();
    const { width, height } = tip.getBoundingClientRect();
    const left = Math.min(Math.max(8, at.left + at.width / 2 - width / 2), document.documentElement.clientWidth - width - 8);
    const top = at.top - height - 8;
    tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(top < 60 ? at.bottom + 8 : top)}px)`;
  }

  // Pointer

  const symbolOf = event => event.target instanceof Element && event.target.closest(SYMBOL);
  const later = () => { clearTimeout(leaving); leaving = setTimeout(hide, 200); };

  document.addEventListener("pointerover", event => {
    if (event.pointerType !== "mouse") return;
    const symbol = symbolOf(event);
    if (symbol) show(symbol);
    else if (tip.contains(event.target)) clearTimeout(leaving); // the note itself may be pointed at
    else if (here) later();
  });
  document.addEventListener("click", event => {
    const symbol = symbolOf(event);
    if (symbol) show(symbol);
    else if (!tip.contains(event.target)) hide();
  });

  // Keyboard

  const within = event => event.target instanceof Element ? [...event.target.querySelectorAll(SYMBOL)] : [];

  document.addEventListener("keydown", event => {
    if (event.key === "Escape") { hide(); return; }
    if (event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) return;
    if (!event.target.matches("[data-walk]")) return;
    const symbols = within(event);
    const at = symbols.indexOf(here);
    const next = { ArrowLeft: at - 1, ArrowRight: at + 1, Home: 0, End: symbols.length - 1 }[event.key];
    event.preventDefault();
    show(symbols[Math.max(0, Math.min(symbols.length - 1, next))], { walked: true });
  });
  document.addEventListener("focusin", event => {
    const first = event.target.matches("[data-walk]:focus-visible") && within(event)[0];
    if (first) show(first, { walked: true });
    else hide();
  });
  document.addEventListener("focusout", event => { if (event.target.matches("[data-walk]")) hide(); });
  document.addEventListener("scroll", () => { if (here) settle(); }, { capture: true, passive: true });

  // One stop of the Tab key for each displayed equation or derivation, on the box in which it scrolls; formulas
  // in a line of text have none, or a page would have hundreds.
  function start() {
    hide();
    for (const shown of document.querySelectorAll(".ov-chain, .katex-display")) {
      if (!shown.querySelector("[data-symbol]")) continue;
      const box = shown.closest(".ov-scroll") || shown.closest("[tabindex]") || shown;
      box.tabIndex = 0;
      box.dataset.walk = "";
    }
  }
  document.addEventListener("ov-shown", start); // what a reader ran
  if (typeof document$ !== "undefined") document$.subscribe(start);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
