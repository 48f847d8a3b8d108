// What hand.py asks of a page: an object of functions, each called once.
({
  /** The first that is in sight of those that match, with these words on it or as its name. */
  found(selector, words) {
    const named = each => [each.textContent, each.getAttribute("aria-label")].some(text => text?.trim() === words);
    return [...document.querySelectorAll(selector)].find(each => each.checkVisibility() && (!words || named(each)));
  },

  /** Where the pointer meets it, once it stands still; or what keeps the pointer from it. */
  place(selector, words) {
    const found = this.found(selector, words);
    if (!found) return { not: "is not there" };
    found.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
    const { left, top, width, height } = found.getBoundingClientRect();
    const x = left + width / 2, y = top + height / 2, met = document.elementFromPoint(x, y);
    return found.contains(met) ? { x, y } : { not: `lies under ${met?.outerHTML.slice(0, 200)}` };
  },

  focus(selector, words) { this.found(selector, words).focus(); },
  text(selector, words) { return this.found(selector, words)?.textContent.trim().replace(/\s+/g, " ") ?? null; },
  values(selector, name) {
    const value = each => name.split(".").reduce((of, part) => of[part], each);
    return [...document.querySelectorAll(selector)].filter(each => each.checkVisibility()).map(value);
  },
  count(selector) { return [...document.querySelectorAll(selector)].filter(each => each.checkVisibility()).length; },

  /** Put words in the place of what is selected, as if they were typed at once. */
  insert(words) { return document.execCommand("insertText", false, words); },
})
