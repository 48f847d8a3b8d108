// Whether this page ended without a farewell, with Python in it: so a browser closes what it has no memory for.

const KEY = "ovlearn:python";

/** Note that Python is here, for a cell of a page. */
export function here(where, cell) {
  try { sessionStorage.setItem(KEY, JSON.stringify({ where, cell })); } catch { /* then it cannot be told later */ }
}

/** Python goes in peace: one leaves the page, or ends it. */
export function gone() {
  try { sessionStorage.removeItem(KEY); } catch { /* nor was it noted */ }
}

/** The cell of this page that used Python last, where the page was closed under it; that is told once. */
export function lost(where) {
  try {
    const noted = JSON.parse(sessionStorage.getItem(KEY));
    gone();
    return noted?.where === where ? noted.cell : null;
  } catch {
    return null;
  }
}
