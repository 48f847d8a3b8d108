// What a reader leaves in this browser: edits of cells, by page, and progress, in the form of the command's own file.

const PROGRESS = "ovlearn:progress";
const EMPTY = { passed: false, attempts: 0, hints: 0, asked: 0 };

/** Keep a cell's code, or forget it where it is the original. Returns what is wrong, or nothing. */
export function keepEdit(where, cell, code, original) {
  const key = `ovlearn:edits:${where}`, edits = read(key);
  if (code === original) delete edits[cell];
  else edits[cell] = { code, original };
  return write(key, Object.keys(edits).length ? edits : null);
}

/** A cell's edit: its code, and the original that it was made from. */
export const editOf = (where, cell) => read(`ovlearn:edits:${where}`)[cell];

/** What is known of an exercise. */
export const entryOf = exercise => ({ ...EMPTY, ...progress().exercises[exercise] });

/** Change what is known of an exercise. Returns what is wrong, or nothing. */
export function keepEntry(exercise, change) {
  const kept = progress();
  kept.exercises[exercise] = { ...entryOf(exercise), ...change };
  return noted(kept);
}

/** Keep all progress, and let the page's ticks know. */
function noted(kept) {
  const wrong = write(PROGRESS, kept);
  document.dispatchEvent(new Event("ov-progress"));
  return wrong;
}

/** All progress, as `ovlearn-progress.json` has it. */
export function progress() {
  const kept = read(PROGRESS);
  return { ...kept, exercises: kept.exercises && typeof kept.exercises === "object" ? kept.exercises : {} };
}

/**
 * Add what a progress file holds to what is known: nothing that was passed or counted here is lost.
 * @returns {string} what came of it, in words
 */
export function bringIn(text) {
  let file;
  try { file = JSON.parse(text).exercises; } catch { file = null; }
  if (!file || typeof file !== "object" || Array.isArray(file)) {
    return "This is no progress file: expected one that `ovlearn progress` or this page wrote.";
  }
  const kept = progress();
  for (const [name, entry] of Object.entries(file)) {
    if (entry && typeof entry === "object") kept.exercises[name] = merged(entryOf(name), entry);
  }
  const count = Object.keys(file).length;
  return noted(kept) || `${count} exercise${count === 1 ? "" : "s"} brought in.`;
}

function merged(here, there) {
  const most = name => Math.max(here[name], Number.isInteger(there[name]) ? there[name] : 0);
  return {
    ...there, passed: here.passed || there.passed === true,
    attempts: most("attempts"), hints: most("hints"), asked: most("asked"),
  };
}

function read(key) {
  try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; }
}

function write(key, value) {
  try {
    if (value === null) localStorage.removeItem(key);
    else localStorage.setItem(key, JSON.stringify(value));
    return "";
  } catch (error) {
    const full = error.name === "QuotaExceededError";
    return full ? "This browser's storage is full: what you type stays here until you leave the page."
      : "This browser forbids storage: what you type stays here until you leave the page.";
  }
}
