// Pictures: read a grid or marks with the pointer or the arrow keys, and follow a path through the explorer's network.
// Everything shown here is in the page already; without this script the pictures and their tables remain.
(() => {
  "use strict";

  const here = document.currentScript.src;
  const wired = new WeakSet();
  const once = (selector, ...wires) => {
    for (const found of document.querySelectorAll(selector)) {
      if (!wired.has(found)) { wired.add(found); wires.forEach(wire => wire(found)); }
    }
  };
  const clamp = (value, last) => Math.max(0, Math.min(last, value));

  // What a reader restored is a copy of what stood here: some of what follows was done to it before.

  // The browser would show an SVG's title as a tooltip over every cell: keep its words, drop the element.
  function untitle(svg) {
    const title = svg.querySelector(":scope > title");
    if (!title) return;
    const words = [...svg.querySelectorAll(":scope > title, :scope > desc")].map(element => element.textContent);
    svg.setAttribute("aria-label", words.join(". "));
    svg.removeAttribute("aria-labelledby");
    title.remove();
  }

  // Grids

  function grid(svg) {
    if (!svg.dataset.grid) return;
    const values = svg.dataset.values.split(";").map(row => row.split(" "));
    const words = svg.dataset.words.split("|");
    const labels = [svg.dataset.rows, svg.dataset.columns].map(text => JSON.parse(text || "null"));
    const [left, top, side] = svg.dataset.grid.split(" ").map(Number);
    const last = [values.length - 1, values[0].length - 1];
    const readout = svg.closest("figure").querySelector(".ov-readout");
    const hint = readout.textContent = "Point at a cell, or use the arrow keys.";
    svg.querySelector(".ov-cursor")?.remove();
    const cursor = svg.appendChild(document.createElementNS(svg.namespaceURI, "rect"));
    let at = null;
    cursor.setAttribute("class", "ov-cursor");
    cursor.setAttribute("width", side);
    cursor.setAttribute("height", side);

    const named = (axis, index) => `${words[axis]} ${index}${labels[axis] ? ` “${labels[axis][index]}”` : ""}`;
    function show(cell) {
      at = cell;
      cursor.style.display = cell ? "inline" : "none";
      if (!cell) { readout.textContent = hint; return; }
      const [row, column] = cell;
      cursor.setAttribute("x", left + side * column);
      cursor.setAttribute("y", top + side * row);
      readout.textContent = `${named(0, row)}, ${named(1, column)}: `;
      const value = readout.appendChild(document.createElement("b"));
      value.textContent = values[row][column].replaceAll("-", "−");
    }
    function point(event) {
      const { x, y } = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
      const cell = [Math.floor((y - top) / side), Math.floor((x - left) / side)];
      const inside = cell.every((index, axis) => index >= 0 && index <= last[axis]);
      if (inside) show(cell);
      return inside;
    }
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", event => {
      if (event.pointerType === "mouse" && document.activeElement !== svg) show(null);
    });
    svg.addEventListener("focus", () => { if (!at && svg.matches(":focus-visible")) show([0, 0]); });
    svg.addEventListener("blur", () => show(null));
    svg.addEventListener("keydown", event => {
      const [row, column] = at || [0, 0];
      const goes = {
        ArrowUp: [row - 1, column], ArrowDown: [row + 1, column],
        ArrowLeft: [row, column - 1], ArrowRight: [row, column + 1],
        Home: [row, 0], End: [row, last[1]],
      }[event.key];
      if (event.key === "Escape") show(null);
      if (!goes || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(goes.map((index, axis) => clamp(index, last[axis])));
      cursor.scrollIntoView({ block: "nearest", inline: "nearest" });
    });
    show(null);
  }

  // Marks: what a mark tells stands below the picture, and not in the browser's tooltip.

  function marks(svg) {
    const found = [...svg.querySelectorAll(".ov-mark")];
    if (!found.length) return;
    const words = found.map(mark => {
      const title = mark.querySelector("title");
      title?.remove();
      return mark.dataset.words ??= title.textContent;
    });
    const readout = svg.closest("figure").querySelector(".ov-readout");
    const hint = readout.textContent = "Point at a mark, or use the arrow keys.";
    let at = -1;

    function show(index) {
      if (index === at) return;
      found[at]?.classList.remove("ov-on");
      found[index]?.classList.add("ov-on");
      readout.textContent = words[index] ?? hint;
      at = index;
    }
    function point(event) {
      const index = found.indexOf(event.target.closest(".ov-mark"));
      if (index >= 0) show(index);
    }
    svg.addEventListener("pointermove", point);
    svg.addEventListener("pointerdown", point);
    svg.addEventListener("pointerleave", event => {
      if (event.pointerType === "mouse" && document.activeElement !== svg) show(-1);
    });
    svg.addEventListener("focus", () => { if (at < 0 && svg.matches(":focus-visible")) show(0); });
    svg.addEventListener("blur", () => show(-1));
    svg.addEventListener("keydown", event => {
      const goes = {
        ArrowUp: at - 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowRight: at + 1,
        Home: 0, End: found.length - 1,
      }[event.key];
      if (event.key === "Escape") show(-1);
      if (goes === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      show(clamp(goes, found.length - 1));
      found[at].scrollIntoView({ block: "nearest", inline: "nearest" });
    });
  }

  // The path explorer

  function panel(box) {
    const rows = [...box.querySelectorAll("tr[data-path]")];
    const ways = [...box.querySelectorAll("[data-way]")];
    const readout = box.querySelector(".ov-readout");
    const list = box.querySelector(".ov-paths");
    const layers = Number(box.dataset.network.split("-")[0]);
    const buttons = ways.filter(way => way.dataset.way);
    let current = null;

    function tell() {
      const [term, norm, share] = [...current.cells].map(cell => cell.innerHTML);
      readout.innerHTML = `<span class="ov-term">${term}</span> <span>norm <b>${norm}</b>, share <b>${share}</b></span>`;
    }
    function show(row) {
      if (row === current) return;
      current = row;
      const heads = row.dataset.path ? row.dataset.path.split("-") : [];
      const passed = heads.map(head => head.split(".")[0]);
      const past = [...Array(layers).keys()].map(String).filter(layer => !passed.includes(layer));
      const taken = new Set(["", ...heads, ...past]);
      for (const way of ways) way.classList.toggle("ov-on", taken.has(way.dataset.way));
      for (const way of buttons) way.ariaPressed = taken.has(way.dataset.way);
      for (const other of rows) {
        other.classList.toggle("ov-on", other === row);
        other.tabIndex = other === row ? 0 : -1;
      }
      tell();
    }
    // Where a finger finds a way: its head's box and some room around it, or its stretch of the stream.
    function target(way) {
      const hit = document.createElementNS(way.namespaceURI, "rect");
      const read = (element, ...names) => names.map(name => Number(element.getAttribute(name)));
      const frame = way.querySelector("rect");
      const [left, level, right] = way.querySelector("path").getAttribute("d").match(/[\d.]+/g).map(Number);
      const [x, y, width, height] = frame ? read(frame, "x", "y", "width", "height") : [left + 24, level - 4, right - left - 48, 8];
      const place = { x: x - 12, y: y - 12, width: width + 24, height: height + 24, class: "ov-hit" };
      for (const [name, value] of Object.entries(place)) hit.setAttribute(name, value);
      return hit;
    }
    // A head that is pressed is on the path, or no longer; one on the stream leads past its layer.
    function press(way) {
      const [layer, head] = way.split(".");
      const heads = current.dataset.path.split("-").filter(Boolean);
      const others = heads.filter(other => other.split(".")[0] !== layer);
      if (head && !heads.includes(way)) others.push(way);
      others.sort((a, b) => parseInt(a) - parseInt(b));
      show(rows.find(each => each.dataset.path === others.join("-")));
    }
    box.querySelector("svg").setAttribute("role", "group");
    for (const way of buttons) {
      const name = way.dataset.way;
      way.querySelector(".ov-hit")?.remove();
      way.prepend(target(way));
      way.setAttribute("role", "button");
      way.setAttribute("tabindex", "0");
      way.setAttribute("aria-label", name.includes(".") ? `head ${name}` : `past layer ${name}`);
      way.addEventListener("click", () => press(name));
      way.addEventListener("keydown", event => {
        if (event.key !== "Enter" && event.key !== " ") return;
        event.preventDefault();
        press(name);
      });
    }
    const row = event => event.target.closest("tr[data-path]");
    for (const name of ["pointermove", "focusin", "click"]) {
      list.addEventListener(name, event => {
        const resting = name === "pointermove" && !event.movementX && !event.movementY; // the list moved, not the mouse
        if (row(event) && !resting) show(row(event));
      });
    }
    list.addEventListener("keydown", event => {
      const index = rows.indexOf(row(event));
      const goes = {
        ArrowUp: index - 1, ArrowDown: index + 1, ArrowLeft: index - 1, ArrowRight: index + 1,
        Home: 0, End: rows.length - 1,
      }[event.key];
      if (index < 0 || goes === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      rows[clamp(goes, rows.length - 1)].focus();
    });
    list.removeAttribute("tabindex");  // its rows take the focus now
    show(rows[Math.min(1, rows.length - 1)]);
    return tell;
  }

  // Every path through k heads holds k of the W_O, so with the patterns held it grows by the k-th power of their scale.
  function rescale(box, scale) {
    const dots = row => row.dataset.dots.split(" ").reduce((sum, dot, order) => sum + dot * scale ** order, 0);
    const grown = row => scale ** Number(row.closest("tbody").dataset.order);
    const sums = [...box.querySelectorAll(".ov-order")];
    const whole = sums.reduce((sum, row) => sum + grown(row) * dots(row), 0);
    for (const row of box.querySelectorAll("tr[data-dots]")) {
      const [, norm, share] = row.cells;
      const part = grown(row) * dots(row) / whole;
      const written = (100 * part).toFixed(1);
      norm.textContent = String(Number((grown(row) * row.dataset.norm).toPrecision(3)));
      share.textContent = `${written === "-0.0" ? "0.0" : written.replace("-", "−")} %`;
      share.style.setProperty("--ov-share", Math.abs(part).toFixed(3));
      share.classList.toggle("ov-against", part < 0);
    }
  }

  function explorer(box) {
    const form = box.querySelector("form");
    const panels = [...box.querySelectorAll("[data-network]")];
    const told = panels.map(panel);
    const shown = panels.find(each => !each.hidden).dataset.network.split("-");
    const choice = (name, otherwise) => new FormData(form).get(name) || otherwise;
    form.hidden = false;
    form.addEventListener("input", () => {
      const name = `${choice("layers", shown[0])}-${choice("heads", shown[1])}`;
      for (const each of panels) each.hidden = each.dataset.network !== name;
      const slider = form.elements.scale;
      const words = slider.dataset.options.split("|")[slider.value];
      slider.setAttribute("aria-valuetext", words);
      slider.nextElementSibling.textContent = words;
      for (const each of panels) rescale(each, 4 ** (slider.value / 2 - 1));
      told.forEach(tell => tell());
    });
    form.addEventListener("submit", event => event.preventDefault());
  }

  // The script of what few pages have comes where it is used; when it is there, it is told of new pages.
  const loaded = new Set();
  function load(name) {
    if (!document.querySelector(`.ov-${name}`)) return;
    if (loaded.has(name)) { document.dispatchEvent(new Event(`ov-${name}`)); return; }
    loaded.add(name);
    document.head.appendChild(document.createElement("script")).src = new URL(`${name}.js`, here);
  }

  function start() {
    ["switches", "reader"].forEach(load);
    once(".ov-picture svg", untitle, grid, marks);
    once(".ov-explorer", explorer);
  }

  // What a reader ran is shown anew.
  document.addEventListener("ov-shown", start);

  // Material swaps the page without loading it anew; document$ says when.
  if (typeof document$ !== "undefined") document$.subscribe(start);
  else if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start);
  else start();
})();
