"use strict";
// What lives in the console: an element with data-renew reads its own page again and becomes what stands there now. So the server
// writes each thing once, and no page needs this file: without it the page is loaded again.
(() => {
  // On a phone places and tabs are lines that are pushed: the present one is in sight.
  for (const here of document.querySelectorAll("nav [aria-current]")) {
    const line = here.parentElement;
    line.scrollLeft = here.offsetLeft - line.offsetLeft - (line.clientWidth - here.offsetWidth) / 2;
  }

  // holds says whether an element holds only elements: what has words of its own is exchanged as a whole.
  const holds = element => [...element.childNodes].every(n => n.nodeType !== Node.TEXT_NODE || !n.data.trim());

  // follow makes an element what the server says of it now. What says the same stays the very element that it was, so that the
  // focus, what is selected and what was scrolled to stay too; the rest comes as parsed nodes, never as text that is parsed again.
  const follow = (old, now) => {
    if (old.isEqualNode(now)) return;
    if (old.nodeName !== now.nodeName || !holds(old) || !holds(now)) { old.replaceWith(now); return; }
    for (const name of old.getAttributeNames()) if (!now.hasAttribute(name)) old.removeAttribute(name);
    for (const { name, value } of [...now.attributes]) old.setAttribute(name, value);
    const coming = [...now.children];
    const kept = new Set([...old.children].filter(e => coming.some(c => c.isEqualNode(e))));
    const go = element => { const after = element.nextElementSibling; element.remove(); return after; };
    let at = old.firstElementChild;
    for (const child of coming) {
      let same = at;
      while (same && !same.isEqualNode(child)) same = same.nextElementSibling;
      if (same) {
        while (at !== same) at = go(at);
        at = at.nextElementSibling;
      } else if (!at || kept.has(at)) {
        old.insertBefore(child, at);
      } else {
        const after = at.nextElementSibling;
        follow(at, child);
        at = after;
      }
    }
    while (at) at = go(at);
  };

  // over takes away what is shown to nobody who is signed in any more, and says so.
  const over = (part, { over, again, from }) => {
    const told = document.createElement("div"), words = document.createElement("p"), link = document.createElement("a");
    told.className = "warn";
    told.setAttribute("role", "alert");
    link.href = from || location.href;
    link.textContent = again;
    words.append(over + " ", link);
    told.append(words);
    part.replaceChildren(told);
  };

  for (const { id, dataset } of document.querySelectorAll("[data-renew]")) {
    const { renew, from } = dataset, words = { ...dataset };
    // more says whether to ask again; while the server or the network is away it is.
    const more = async () => {
      const answer = await fetch(from || location.href, { redirect: "manual", headers: { Accept: "text/html", "Doorward-Renew": "1" } });
      if (answer.type === "opaqueredirect") return over(document.getElementById(id), words);
      if (answer.status >= 500 || answer.status === 429) return true;
      const next = answer.ok && new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(id);
      if (!next) { // it has become another page, like one that says that this is gone; what stays here may be shown once
        if (!from) location.reload();
        return false;
      }
      const waits = "renew" in next.dataset;
      follow(document.getElementById(id), next);
      return waits;
    };
    const later = () => setTimeout(async () => {
      if (document.hidden || await more().catch(() => true)) later();
    }, renew * 1000);
    later();
  }
})();
