// Zoom and pan: by buttons, wheel, drag, two fingers' wheel and keys. Without it the map is a still picture.
"use strict";
(() => {
  const map = document.getElementById("map");
  const svg = map?.querySelector("svg:not(.sample)");
  if (!svg) return;
  const whole = { x: 0, y: 0, width: Number(map.dataset.width), height: Number(map.dataset.height) };
  const MOST = 12;
  const STEP = 1.4;
  const view = { ...whole };
  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);
  const zoom = () => whole.width / view.width;

  function show() {
    view.x = clamp(view.x, 0, whole.width - view.width);
    view.y = clamp(view.y, 0, whole.height - view.height);
    svg.setAttribute("viewBox", `${view.x} ${view.y} ${view.width} ${view.height}`);
    svg.style.setProperty("--shrink", String(zoom() ** -0.6)); // points grow, but slower than the room between them
    svg.classList.toggle("zoomed", zoom() > 1);
  }

  // What lies at the share (atX, atY) of the picture stays where it is.
  function zoomBy(factor, atX = 0.5, atY = 0.5) {
    const wanted = clamp(zoom() * factor, 1, MOST);
    const width = whole.width / wanted;
    const height = whole.height / wanted;
    view.x += (view.width - width) * atX;
    view.y += (view.height - height) * atY;
    Object.assign(view, { width, height });
    show();
  }

  function moveBy(shareX, shareY) {
    view.x += view.width * shareX;
    view.y += view.height * shareY;
    show();
  }

  const moves = {
    in: () => zoomBy(STEP),
    out: () => zoomBy(1 / STEP),
    left: () => moveBy(-0.2, 0),
    right: () => moveBy(0.2, 0),
    up: () => moveBy(0, -0.2),
    down: () => moveBy(0, 0.2),
    reset: () => {
      Object.assign(view, whole);
      show();
    },
  };
  const keys = { "+": "in", "=": "in", "-": "out", 0: "reset", ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down" };

  function shareAt(event) {
    const box = svg.getBoundingClientRect();
    return [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
  }

  map.querySelector(".map-tools").addEventListener("click", (event) => {
    moves[event.target.closest("button")?.dataset.move]?.();
  });

  svg.tabIndex = 0;
  svg.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    moves[keys[event.key]]();
  });

  // The plain wheel scrolls the page, so that nobody is caught in the picture; a pinch comes as a wheel with Ctrl.
  svg.addEventListener(
    "wheel",
    (event) => {
      if (!event.ctrlKey) return;
      event.preventDefault();
      zoomBy(Math.exp(-clamp(event.deltaY, -60, 60) / 120), ...shareAt(event));
    },
    { passive: false },
  );
  svg.addEventListener("dblclick", (event) => zoomBy(STEP * STEP, ...shareAt(event)));

  let from = null;
  let hasMoved = false;
  svg.addEventListener("pointerdown", (event) => {
    hasMoved = false;
    if (event.button === 0 && zoom() > 1) from = { x: event.clientX, y: event.clientY };
  });
  svg.addEventListener("pointermove", (event) => {
    if (!from) return;
    const [byX, byY] = [event.clientX - from.x, event.clientY - from.y];
    if (!hasMoved && Math.hypot(byX, byY) < 5) return;
    if (!hasMoved) svg.setPointerCapture(event.pointerId);
    hasMoved = true;
    svg.classList.add("dragged");
    const box = svg.getBoundingClientRect();
    from = { x: event.clientX, y: event.clientY };
    moveBy(-byX / box.width, -byY / box.height);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    svg.addEventListener(kind, () => {
      from = null;
      svg.classList.remove("dragged");
    });
  }
  svg.addEventListener("dragstart", (event) => event.preventDefault());
  svg.addEventListener(
    "click",
    (event) => {
      if (hasMoved) {
        event.preventDefault(); // the end of a drag opens nothing
        event.stopPropagation();
      } else if (event.target.dataset?.id) {
        location.assign(`/papers/${event.target.dataset.id}`);
      }
    },
    true,
  );

  // A focused paper comes into the picture.
  svg.addEventListener("focusin", (event) => {
    const place = event.target.closest("a")?.transform.baseVal.consolidate()?.matrix;
    if (!place || zoom() === 1) return;
    const isInside = place.e > view.x && place.e < view.x + view.width && place.f > view.y && place.f < view.y + view.height;
    if (isInside) return;
    view.x = place.e - view.width / 2;
    view.y = place.f - view.height / 2;
    show();
  });

  map.classList.add("live");
  map.querySelector(".map-tools").hidden = false;
  map.querySelector(".map-keys").hidden = false;
})();
