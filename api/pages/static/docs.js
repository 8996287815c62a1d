// Draws the API reference in place of the plain list. Nothing is fetched from elsewhere, nothing is told to anybody.
"use strict";
(() => {
  // Scalar's own greys and method colours miss 4.5:1 (WCAG 1.4.3).
  const CONTRAST = `
    .light-mode { --scalar-color-2: #4a4a4a; --scalar-color-3: #5e5e5e; --scalar-color-blue: #0062a3;
      --scalar-color-green: #1f6f54; --scalar-color-orange: #9a4a00; --scalar-color-red: #a3301f; }
    .dark-mode { --scalar-color-2: #c4c4c4; --scalar-color-3: #a8a8a8; --scalar-color-red: #ff9d8a; }`;
  const place = document.getElementById("reference");
  let theme = null;
  try {
    theme = localStorage.getItem("theme"); // as theme.js keeps it
  } catch {
    // storage may be forbidden
  }
  const isDark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  Scalar.createApiReference(place, {
    url: place.dataset.document,
    agent: { disabled: true },
    customCss: CONTRAST,
    darkMode: isDark,
    defaultOpenAllTags: false,
    documentDownloadType: "none",
    hideClientButton: true,
    hideDarkModeToggle: true,
    mcp: { disabled: true },
    persistAuth: false,
    showDeveloperTools: "never",
    telemetry: false,
    theme: "default",
    withDefaultFonts: false,
  });
})();
