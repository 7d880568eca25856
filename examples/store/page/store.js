// What the pages do better with a script; all of them work without one.
"use strict";
(() => {
  const all = (what, from) => [...(from || document).querySelectorAll(what)];

  // A field is looked at when it is left, and is right again as soon as it is.
  const wrong = f => {
    const v = f.value.trim(), country = f.name === "postcode" && f.form.elements.country;
    const rule = country ? country.selectedOptions[0].dataset : f.dataset;
    if (!v) return f.required ? f.dataset.empty || "" : "";
    if (f.type === "email") return /^[^@\s]+@[^@\s]+\.[^@\s]+$/.test(v) ? "" : rule.say.replace("%s", v);
    return rule.form && !new RegExp("^(?:" + rule.form + ")$", "i").test(v) ? rule.say.replace("%s", v) : "";
  };
  const note = (f, text) => {
    const p = document.getElementById("wrong-" + f.name);
    if (!p) return;
    p.textContent = text;
    text ? f.setAttribute("aria-invalid", "true") : f.removeAttribute("aria-invalid");
  };
  for (const f of all("input[aria-describedby^=wrong-]")) {
    f.addEventListener("blur", () => note(f, wrong(f)));
    f.addEventListener("input", () => { if (f.getAttribute("aria-invalid") && !wrong(f)) note(f, ""); });
  }

  for (const c of all("select[name=country]")) c.addEventListener("change", () => {
    const f = c.form.elements.postcode;
    if (f && f.value) note(f, wrong(f));
  });

  // Card numbers stand in fours, as on the card.
  for (const f of all("input[data-group]")) f.addEventListener("input", () => {
    if (f.selectionStart !== f.value.length) return;
    f.value = f.value.replace(/[^\d]/g, "").replace(/(\d{4})(?=\d)/g, "$1 ");
  });

  // Suggestions while typing: a list that arrows walk through, as in the ARIA pattern of a
  // combobox; Enter on none of them searches.
  for (const f of all("input[data-suggest]")) {
    const list = document.createElement("ul");
    let chosen = -1, asked = 0, timer;
    Object.assign(list, {id: "suggestions", role: "listbox", hidden: true});
    list.setAttribute("aria-label", f.dataset.says);
    f.form.append(list);
    f.setAttribute("role", "combobox");
    f.setAttribute("aria-autocomplete", "list");
    f.setAttribute("aria-controls", list.id);
    const open = yes => { list.hidden = !yes; f.setAttribute("aria-expanded", yes); if (!yes) choose(-1); };
    const choose = n => {
      chosen = n;
      [...list.children].forEach((o, i) => o.setAttribute("aria-selected", i === n));
      n < 0 ? f.removeAttribute("aria-activedescendant") : f.setAttribute("aria-activedescendant", list.children[n].id);
    };
    open(false);
    f.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(async () => {
        const mine = ++asked, q = f.value.trim();
        const found = q ? await fetch(f.dataset.suggest + "?q=" + encodeURIComponent(q)).then(r => r.ok ? r.json() : [], () => []) : [];
        if (mine !== asked) return;
        list.replaceChildren(...found.map((s, i) => {
          const o = document.createElement("li");
          Object.assign(o, {id: "suggestion-" + i, role: "option", textContent: s.title});
          o.dataset.at = s.at;
          return o;
        }));
        open(found.length > 0);
      }, 120);
    });
    f.addEventListener("keydown", e => {
      const n = list.children.length;
      if (e.key === "Escape") open(false);
      if (list.hidden || !n) return;
      if (e.key === "ArrowDown" || e.key === "ArrowUp") { e.preventDefault(); choose(e.key === "ArrowDown" ? (chosen + 1) % n : (chosen <= 0 ? n : chosen) - 1); }
    });
    f.form.addEventListener("submit", e => {
      if (list.hidden || chosen < 0) return;
      e.preventDefault();
      location.href = list.children[chosen].dataset.at;
    });
    list.addEventListener("mousedown", e => { const o = e.target.closest("li"); if (o) location.href = o.dataset.at; });
    f.addEventListener("blur", () => open(false));
  }

  // A model is loaded when it is asked for, in place of its picture.
  for (const a of all("a[data-model]")) a.addEventListener("click", async e => {
    e.preventDefault();
    const {show} = await import("/model.js");
    show(a, a.closest("div").querySelector("img"));
  });

  // A button is pressed once; whoever comes back finds it ready.
  for (const f of all("form[method=post]")) f.addEventListener("submit", () => setTimeout(() => all("button", f).forEach(b => b.disabled = true)));
  addEventListener("pageshow", () => all("button:disabled").forEach(b => b.disabled = false));

  // What happened to the cart is said aloud: a live region speaks only of what changes in it.
  for (const p of all("[data-live]")) setTimeout(() => p.textContent = p.dataset.live, 150);
})();
