// The OV reader: a word is typed or pressed, and its rows come from the figure's own data.
// Without this script the first word's rows remain. pictures.js loads this where there is such a figure.
(() => {
  "use strict";

  const wired = new WeakSet();
  let lists = 0;
  const signed = value => value > 0 ? `+${value}` : String(value).replace("-", "−");
  const share = (element, value) => element.style.setProperty("--ov-share", Math.min(1, value).toFixed(3));

  // How many letters one would have to change, add or leave out.
  function distance(one, other) {
    let row = [...Array(other.length + 1).keys()];
    for (const [i, sign] of [...one].entries()) {
      const next = [i + 1];
      for (let j = 0; j < other.length; j++) {
        next.push(Math.min(next[j] + 1, row[j + 1] + 1, row[j] + (sign !== other[j])));
      }
      row = next;
    }
    return row[other.length];
  }

  // One head's row of a word: [spread, [word, value] × 7], unpacked from what plots/ovreader.py packed.
  function unpack(data, place, head) {
    const [, , , raised] = data.rules;
    const size = data.ids[place].length / 2 / data.heads.length;
    const numbers = data.rows[place].slice(head * (size + 1), (head + 1) * (size + 1));
    let by = 0;
    const ends = [...Array(size).keys()].map(at => {
      const told = numbers[at + 1];
      by = at === 0 || at === raised ? told : Math.sign(by) * (Math.abs(by) - told);
      const id = data.ids[place].slice(2 * (head * size + at), 2 * (head * size + at) + 2);
      return [data.shown[parseInt(id, 36)], by];
    });
    return { spread: numbers[0] / 10, ends };
  }

  function judged(data, head, { spread, ends }) {
    const [strong, standsOut, , raised] = data.rules;
    const far = ends[0][1] >= -ends[raised][1] ? 0 : raised;
    const loud = spread / data.noise[head];
    const verdict = loud >= strong ? "strong" : Math.abs(ends[far][1]) >= standsOut * spread ? "stands out" : "noise";
    return { loud, far, verdict };
  }

  function wire(box) {
    if (wired.has(box)) return;
    wired.add(box);
    const data = JSON.parse(box.dataset.reader);
    data.words = data.words.split(" ");
    data.shown = data.shown.split(" ");
    const form = box.querySelector("form");
    const field = form.elements.word;
    const buttons = [...form.querySelectorAll("button")];
    const cards = [...box.querySelectorAll("table")];
    const says = box.querySelector(".ov-says");
    let late = 0, now = "";

    form.querySelector("datalist")?.remove(); // of what this is a copy of
    const list = document.createElement("datalist");
    list.id = `ov-words-${++lists}`;
    for (const word of [...data.words].sort()) list.appendChild(document.createElement("option")).value = word;
    form.appendChild(list);
    field.setAttribute("list", list.id);

    function fill(card, head, row, { loud, verdict }) {
      card.dataset.verdict = verdict;
      share(card.querySelector(".ov-meter"), loud / data.rules[2]);
      card.querySelector("caption span").textContent = data.verdicts[verdict][1];
      card.querySelector("small").textContent = `spread ${row.spread.toFixed(1)}, noise ${data.noise[head].toFixed(1)}`;
      [...card.tBodies[0].rows].forEach((line, at) => {
        const [word, by] = row.ends[at];
        line.querySelector("span").textContent = word;
        share(line.querySelector("i"), Math.abs(by) / data.most[head]);
        line.cells[1].textContent = signed(by);
      });
    }
    function show(place) {
      const told = {};
      now = data.words[place];
      cards.forEach((card, head) => {
        const row = unpack(data, place, head);
        const found = judged(data, head, row);
        fill(card, head, row, found);
        const points = ` ${found.far ? "lowers" : "raises"} “${row.ends[found.far][0]}”`;
        (told[found.verdict] ??= []).push(data.heads[head] + (found.verdict === "noise" ? "" : points));
      });
      for (const button of buttons) button.setAttribute("aria-pressed", button.value === data.words[place]);
      const sentences = Object.entries(data.verdicts).filter(([verdict]) => told[verdict])
        .map(([verdict, [name]]) => `${name}: ${told[verdict].join(", ")}.`);
      tell(`Looking at “${now}”. ${sentences.join(" ")}`);
    }
    // A reader who hears it should not hear every letter.
    function tell(words, wait = 0) {
      clearTimeout(late);
      late = setTimeout(() => { if (says.textContent !== words) says.textContent = words; }, wait);
    }
    function sorry(typed) {
      const begin = data.words.filter(word => word.toLowerCase().startsWith(typed.toLowerCase())).sort();
      const near = [...data.words].sort((a, b) => distance(typed, a) - distance(typed, b));
      const some = (begin.length ? begin : near).slice(0, 4).map(word => `“${word}”`).join(", ");
      return `“${typed}” is not among the ${data.words.length} words here. ${begin.length ? "These begin so" : "Near it are"}: ${some}. Still shown: “${now}”.`;
    }
    function look(wait) {
      const typed = field.value.trim();
      const known = [typed, typed.toLowerCase(), typed.charAt(0).toUpperCase() + typed.slice(1).toLowerCase()];
      const place = known.map(word => data.words.indexOf(word)).find(found => found >= 0);
      if (place !== undefined) show(place);
      else if (typed) tell(sorry(typed), wait);
      else tell(`Type one of the ${data.words.length} words, or press one.`, wait);
    }
    field.addEventListener("input", () => look(600));
    field.addEventListener("change", () => look(0));
    // A press that enters the field selects what stands there, as the Tab key does by itself. Not on focus: Safari would
    // let go of it when the press ends, and where the list of words takes the focus and gives it back, every letter would.
    let entered = false;
    field.addEventListener("pointerdown", () => { entered = document.activeElement !== field; });
    field.addEventListener("click", () => { if (entered && field.selectionStart === field.selectionEnd) field.select(); });
    form.addEventListener("submit", event => { event.preventDefault(); look(0); });
    for (const button of buttons) button.addEventListener("click", () => { field.value = button.value; look(0); });
    form.hidden = false;
    show(Math.max(0, data.words.indexOf(field.value)));
  }

  const start = () => document.querySelectorAll(".ov-reader").forEach(wire);
  document.addEventListener("ov-shown", start);
  document.addEventListener("ov-reader", start);
  start();
})();
