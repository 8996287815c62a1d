// Proposes the browser's time zone to whoever subscribes for the first time.
"use strict";
(() => {
  const zone = document.querySelector("form[data-is-new] #zone");
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone;
  if (zone && [...zone.options].some((option) => option.value === own)) zone.value = own;
})();
