// Runs before the page is drawn, so that it never flashes in the other colours. Without it, the system decides.
"use strict";
(() => {
  const choices = ["system", "light", "dark"];
  const words = { system: "Auto", light: "Light", dark: "Dark" };

  function read() {
    try {
      const kept = localStorage.getItem("theme");
      return choices.includes(kept) ? kept : "system";
    } catch {
      return "system"; // storage may be forbidden
    }
  }

  function show(choice) {
    if (choice === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = choice;
  }

  function name(button, choice) {
    button.textContent = `◐ ${words[choice]}`;
    button.setAttribute("aria-label", `Theme: ${words[choice]}`);
  }

  show(read());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    let choice = read();
    button.hidden = false;
    name(button, choice);
    button.addEventListener("click", () => {
      choice = choices[(choices.indexOf(choice) + 1) % choices.length];
      show(choice);
      name(button, choice);
      try {
        localStorage.setItem("theme", choice);
      } catch {
        // the choice then lasts as long as the page
      }
    });
  });
})();
