// The page's one bar for Python: what it does now, and what can be done with all of it.

export class Bar {
  /** `acts`: what its buttons do, by their words. It stands at the foot of the window, and moves nothing. */
  constructor(root, acts) {
    this.element = Object.assign(document.createElement("div"), { className: "ov-python", ariaLabel: "Python" });
    this.element.setAttribute("role", "region");
    this.says = document.createElement("span");
    this.element.append(Object.assign(document.createElement("b"), { textContent: "Python" }), this.says);
    this.buttons = Object.entries(acts).map(([words, onclick]) => Object.assign(document.createElement("button"), {
      type: "button", className: "ov-button", textContent: words, onclick,
    }));
    this.element.append(...this.buttons);
    root.append(this.element);
  }

  say(words) { this.says.textContent = words; }

  /** While it is busy there is only to stop it. */
  busy(is) {
    for (const button of this.buttons) button.disabled = (button.textContent === "Stop") !== is;
  }
}
