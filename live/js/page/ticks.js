// How far one is, wherever a set of exercises or its lesson is named: in the sidebar, in the list of sets, at home.
import { progress } from "./keeping.js";

const SET = /\/(?:exercises|lessons)\/(\d\d_\w+?)(?:\/|\.html|$)/;
let sets = null; // the exercises of each set, once they are asked for

/** @param {URL} base where the site begins */
export async function ticks(base) {
  const { exercises } = progress();
  const passed = new Set(Object.keys(exercises).filter(name => exercises[name].passed));
  if (location.protocol === "file:") return; // a page from disk may not ask for files
  if (!passed.size && !document.querySelector(".ov-tick, .ov-progress")) return; // who has not begun needs nothing
  try {
    sets ??= await (await fetch(new URL("exercises/sets.json", base))).json();
  } catch {
    return; // without a connection
  }
  for (const link of document.querySelectorAll(".md-nav--primary a[href], article table a[href]")) {
    const names = sets[link.href.match(SET)?.[1]];
    if (names) tick(link, names.filter(name => passed.has(name)).length, names.length);
  }
  const mine = document.querySelector(".ov-mine");
  if (mine) mine.replaceChildren(...told(passed, base));
}

function tick(link, count, of) {
  link.querySelector(".ov-tick")?.remove();
  if (!count) return;
  const done = count === of;
  const words = Object.assign(document.createElement("span"), {
    className: done ? "ov-tick ov-done" : "ov-tick", textContent: done ? "✓" : `${count}/${of}`,
    title: done ? "All exercises passed" : `${count} of ${of} exercises passed`,
  });
  (link.querySelector(".md-ellipsis") || link).append(" ", words);
}

/** At home: how much one has passed, and the first set in which something is left. */
function told(passed, base) {
  const all = Object.values(sets).flat(), next = Object.entries(sets).find(([, names]) => names.some(name => !passed.has(name)));
  const count = all.filter(name => passed.has(name)).length;
  if (!count) return [];
  const words = `You have passed ${count} of ${all.length} exercises. `;
  if (!next) return [words];
  const link = Object.assign(document.createElement("a"), {
    href: new URL(`exercises/${next[0]}/`, base), textContent: `Go on with exercises ${Number(next[0].slice(0, 2))}`,
  });
  return [words, link, "."];
}
