"use strict";
// What pages are without this file, they stay: it adds buttons and saves steps. Each thing asks for itself by a data- attribute,
// which also brings its words (page.go), so that no text of anybody stands in a script.
(() => {
  const each = (selector, act) => document.querySelectorAll(selector).forEach(act);

  const button = (text, act) => {
    const b = document.createElement("button");
    b.type = "button";
    b.className = "btn alt small";
    b.textContent = text;
    b.addEventListener("click", act);
    return b;
  };

  // A region that screen readers listen to: what has happened is also said.
  const region = document.createElement("p");
  region.className = "off";
  region.setAttribute("role", "status");
  document.querySelector("main").append(region);
  const say = text => { region.textContent = text; };

  // What is sent is sent once: a second press while the first is under way would send a code that is spent by then.
  let sent = false;
  addEventListener("pageshow", () => { sent = false; });
  addEventListener("submit", event => {
    if (sent) event.preventDefault();
    sent = true;
    setTimeout(() => { sent = false; }, 3000);
  });

  // A password that can be looked at. It is hidden again before it is sent, lest the browser keep it among typed words.
  each("input[data-show]", input => {
    const d = input.dataset;
    const show = shown => {
      input.type = shown ? "text" : "password";
      b.textContent = shown ? d.hide : d.show;
      b.setAttribute("aria-label", shown ? d.hideName : d.showName);
      say(shown ? d.shown : d.hidden);
    };
    const b = button(d.show, () => show(input.type === "password"));
    b.setAttribute("aria-label", d.showName);
    b.setAttribute("aria-controls", input.id);
    input.after(b);
    input.form.addEventListener("submit", () => { input.type = "password"; });
  });

  // A wait that is counted down: the button does nothing until then, but can be found.
  each("[data-wait]", element => {
    const until = Date.now() + element.dataset.wait * 1000;
    const words = element.textContent;
    const early = event => event.preventDefault();
    element.setAttribute("aria-disabled", "true");
    element.addEventListener("click", early);
    const timer = setInterval(() => {
      const left = Math.ceil((until - Date.now()) / 1000);
      element.textContent = left > 0 ? words.replace(element.dataset.wait, left) : element.dataset.then;
      if (left > 0) return;
      clearInterval(timer);
      element.removeAttribute("aria-disabled");
      element.removeEventListener("click", early);
    }, 500);
  });

  // A code that is complete goes on by itself, once, and says so before. One that was wrong does not: it may be looked at.
  each("input[data-goes]", input => {
    if (input.getAttribute("aria-invalid")) return;
    const hint = document.createElement("p");
    hint.className = "hint";
    hint.id = input.id + "-goes";
    hint.textContent = input.dataset.goes;
    input.after(hint);
    input.setAttribute("aria-describedby", ((input.getAttribute("aria-describedby") || "") + " " + hint.id).trim());
    let gone = false;
    input.addEventListener("input", () => {
      if (gone || !/^\d{6}$/.test(input.value.replace(/[\s-]/g, ""))) return;
      gone = true;
      input.form.requestSubmit(input.form.querySelector("#submit"));
    });
  });

  // What is to be kept elsewhere: copied, printed, saved.
  each("[data-copy]", element => {
    const d = element.dataset;
    const items = [...element.querySelectorAll("li")];
    const text = d.text || (items.length ? items.map(li => li.textContent.trim()).join("\n") + "\n" : element.textContent.trim());
    const row = document.createElement("div");
    row.className = "tools";
    if (navigator.clipboard) row.append(button(d.copy, event => {
      const b = event.currentTarget;
      navigator.clipboard.writeText(text).then(() => {
        say(b.textContent = d.copied);
        setTimeout(() => { b.textContent = d.copy; }, 3000);
      }, () => getSelection().selectAllChildren(element)); // where the browser refuses: ready to be copied by hand
    }));
    if (d.print) row.append(button(d.print, () => print()));
    if (d.save) row.append(button(d.save, () => {
      const a = document.createElement("a");
      a.href = URL.createObjectURL(new Blob([text], {type: "text/plain"}));
      a.download = d.file;
      a.click();
      URL.revokeObjectURL(a.href);
    }));
    element.after(row);
  });
})();
