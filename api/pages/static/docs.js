// Draws the API reference in place of the plain list. Nothing is fetched from elsewhere, nothing is told to anybody.
"use strict";
(() => {
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
