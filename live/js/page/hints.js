// Hints come one by one: the next is there once the one before was opened. Which were is kept with the progress.
import { entryOf, keepEntry } from "./keeping.js";

/** Let the hints that follow an exercise's cell come in stages. */
export function stage(cell) {
  const { exercise } = cell.dataset, hints = after(cell), opened = entryOf(exercise).hints;
  hints.forEach((hint, at) => {
    hint.hidden = at > opened;
    hint.addEventListener("toggle", () => {
      if (!hint.open || at < entryOf(exercise).hints) return;
      keepEntry(exercise, { hints: at + 1 });
      if (hints[at + 1]) hints[at + 1].hidden = false;
    });
  });
}

/** The folded hints up to the next cell or title. */
function after(cell) {
  const hints = [];
  for (let next = cell.nextElementSibling; next && !next.matches("h2, .ov-cell"); next = next.nextElementSibling) {
    if (next.matches("details.question")) hints.push(next);
  }
  return hints;
}
