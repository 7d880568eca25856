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

  // A button is pressed once; whoever comes back finds it ready.
  for (const f of all("form[method=post]")) f.addEventListener("submit", () => setTimeout(() => all("button", f).forEach(b => b.disabled = true)));
  addEventListener("pageshow", () => all("button:disabled").forEach(b => b.disabled = false));

  // What happened to the cart is said aloud: a live region speaks only of what changes in it.
  for (const p of all("[data-live]")) setTimeout(() => p.textContent = p.dataset.live, 150);
})();
