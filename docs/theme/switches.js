// Pictures with switches: every state is in the page already, and the one that the controls say is shown.
// In a drawing, what is pressed counts as one more control. pictures.js loads this where there is such a picture.
(() => {
  "use strict";

  const wired = new WeakSet();
  const pairs = text => text.split(" ").filter(Boolean).map(pair => pair.split("="));
  const holds = (element, state) => pairs(element.dataset.when).every(([name, places]) => places.split(",").includes(state[name]));
  const show = (element, shown) => { element.style.display = shown ? "" : "none"; };

  // A drawing's own presses: what is pressed to begin with, and the parts that are there only then.
  function pressable(panel, told) {
    const buttons = [...panel.querySelectorAll("[data-press]")];
    const parts = [...panel.querySelectorAll("[data-when]")];
    if (!buttons.length) return;
    panel.querySelector("svg").setAttribute("role", "group");
    function press(button) {
      const state = Object.fromEntries(pairs(button.dataset.press));
      for (const other of buttons) {
        other.classList.toggle("ov-on", other === button);
        other.setAttribute("aria-pressed", other === button);
      }
      for (const part of parts) show(part, holds(part, state));
      panel.dataset.says = parts.find(part => holds(part, state))?.dataset.says ?? panel.dataset.says;
      told();
    }
    buttons.forEach((button, index) => {
      button.setAttribute("role", "button");
      button.setAttribute("tabindex", "0");
      button.setAttribute("aria-label", button.dataset.label);
      button.setAttribute("aria-pressed", button.classList.contains("ov-on"));
      button.addEventListener("click", () => press(button));
      button.addEventListener("keydown", event => {
        const goes = { Enter: 0, " ": 0, ArrowLeft: -1, ArrowRight: 1 }[event.key];
        if (goes === undefined || event.altKey || event.ctrlKey || event.metaKey) return;
        event.preventDefault();
        const next = buttons[index + goes];
        if (next) { press(next); next.focus(); }
      });
    });
  }

  function wire(box) {
    if (wired.has(box)) return;
    wired.add(box);
    const form = box.querySelector("form");
    const says = box.querySelector(".ov-tells");
    const panels = [...box.querySelectorAll(":scope > [data-when]")];
    const groups = [...form.querySelectorAll("[data-when]")];
    const state = () => Object.fromEntries([...new FormData(form)].map(([name, place]) => [name.replace("at-", ""), place]));
    const told = () => {
      const words = panels.find(panel => holds(panel, state()))?.dataset.says ?? "";
      if (says.textContent !== words) says.textContent = words;
    };
    function choose() {
      const now = state();
      for (const each of [...panels, ...groups]) show(each, holds(each, now));
      for (const slider of form.querySelectorAll("[type=range]")) {
        const words = slider.dataset.options.split("|")[slider.value];
        slider.setAttribute("aria-valuetext", words);
        slider.nextElementSibling.textContent = words;
      }
      told();
    }
    panels.forEach(panel => pressable(panel, told));
    form.hidden = false;
    form.addEventListener("input", choose);
    form.addEventListener("submit", event => event.preventDefault());
    choose();
  }

  const start = () => document.querySelectorAll(".ov-switches").forEach(wire);
  document.addEventListener("ov-shown", start);
  document.addEventListener("ov-switches", start);
  start();
})();
