"use strict";
// Parts of the console that live: an element with data-renew reads its own page again and takes its new content from there. So the
// server writes each thing once, and no page needs this file.
(() => {
  for (const part of document.querySelectorAll("[data-renew]")) {
    const every = Number(part.dataset.renew) * 1000;
    const { from } = part.dataset;
    const lost = () => { if (!from) location.reload(); }; // what was posted stays: it may show what is shown once
    const renew = async () => {
      if (!document.hidden) {
        const answer = await fetch(from || location.href, { redirect: "manual", headers: { Accept: "text/html", "Doorward-Renew": "1" } }).catch(() => null);
        if (answer && !answer.ok) { lost(); return; } // signed out meanwhile: the page says so
        if (answer) {
          const next = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(part.id);
          if (!next) { lost(); return; } // it has become another page, like one that says that it is done
          if (next.innerHTML !== part.innerHTML) part.innerHTML = next.innerHTML;
          if (!next.dataset.renew) return; // nothing is waited for any more
        }
      }
      setTimeout(renew, every);
    };
    setTimeout(renew, every);
  }
})();
