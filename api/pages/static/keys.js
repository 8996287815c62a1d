// The keyboard on pages, what HTMX leaves to say, and small comforts. Every page works without it.
"use strict";
(() => {
  const PLACE = ".place, .paper, .hits > li";
  const byId = (id) => document.getElementById(id);
  const isShown = (place) => !place.parentElement.closest("details:not([open])");
  const places = () => [...document.querySelectorAll(PLACE)].filter(isShown);
  let here = null;

  function current() {
    const focused = document.activeElement?.closest(PLACE);
    if (focused) return focused;
    if (here?.isConnected) return here;
    return document.querySelector(".place:target") ?? places()[0] ?? null;
  }

  function goTo(place) {
    here?.classList.remove("here");
    here = place;
    place.classList.add("here");
    place.focus({ preventScroll: true });
    if (!place.matches(".paper")) place.scrollIntoView({ block: "nearest" });
  }

  function step(by) {
    const all = places();
    if (all.length === 0) return;
    const focused = document.activeElement?.closest(PLACE);
    const at = all.indexOf(focused ?? (here?.isConnected ? here : null));
    goTo(all[at < 0 ? 0 : Math.min(all.length - 1, Math.max(0, at + by))]);
  }

  function press(selector) {
    const place = current();
    const target = place?.querySelector(selector);
    if (!target) return;
    goTo(place);
    target.click();
  }

  function writeTag() {
    const place = current();
    const box = place?.querySelector(".tag-box");
    if (!box) return;
    goTo(place);
    box.focus();
  }

  const actions = {
    j: () => step(1),
    k: () => step(-1),
    r: () => press(".votes .for"),
    n: () => press(".votes .against"),
    u: () => press(".votes .unsure"),
    o: () => press("h2 a, h3 a"),
    t: writeTag,
    "/": () => (byId("q") ?? byId("find"))?.focus(),
    "?": () => byId("help")?.showModal(),
  };

  function isTyping(target) {
    return target instanceof Element && target.closest("input:not([type=checkbox]), textarea, select, [contenteditable]");
  }

  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      document.querySelectorAll(".score").forEach((score) => score.classList.add("shut"));
      if (isTyping(event.target) && !document.querySelector("dialog[open]")) {
        const place = event.target.closest(PLACE);
        event.target.blur();
        if (place) goTo(place);
      }
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || isTyping(event.target)) return;
    if (document.querySelector("dialog[open]")) return;
    const action = Object.hasOwn(actions, event.key) ? actions[event.key] : null;
    if (action) {
      event.preventDefault();
      action();
    }
  });

  // What Escape shut comes up again with the next visit.
  function forgetShut(event) {
    document.querySelectorAll(".score.shut").forEach((score) => {
      if (!score.contains(event.target)) score.classList.remove("shut");
    });
  }
  document.addEventListener("pointerover", forgetShut);
  document.addEventListener("focusin", forgetShut);

  const helpButton = byId("help-button");
  if (helpButton) {
    helpButton.hidden = false;
    helpButton.addEventListener("click", () => byId("help").showModal());
  }

  // HTMX swaps nothing on an error: say it, and where signing in is what is missing, lead there.
  let clearing = 0;
  function warn(text) {
    const alert = byId("alert");
    alert.textContent = text;
    clearTimeout(clearing);
    clearing = setTimeout(() => (alert.textContent = ""), 12000);
  }
  document.addEventListener("htmx:responseError", (event) => {
    const answer = event.detail.xhr;
    if (answer.status === 401) {
      location.assign(`/sign-in?next=${encodeURIComponent(location.pathname + location.search)}`);
      return;
    }
    const page = new DOMParser().parseFromString(answer.responseText, "text/html");
    warn(page.querySelector("main .lede")?.textContent || "That did not work. Reload the page and try again.");
  });
  document.addEventListener("htmx:sendError", () => warn("The server cannot be reached. Nothing was changed."));

  // A swapped tag list keeps the keyboard in its box.
  document.addEventListener("htmx:afterSwap", (event) => {
    const box = event.detail.requestConfig?.elt?.classList.contains("add") ? event.detail.target : null;
    if (box?.id) byId(box.id)?.querySelector(".tag-box")?.focus();
  });
})();
