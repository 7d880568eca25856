// How the tests find what a person would: by what it says.
const says = e => (e.getAttribute("aria-label") || e.innerText || e.value || "").trim().replace(/\s+/g, " ");
const seen = e => e.getClientRects().length > 0 && getComputedStyle(e).visibility !== "hidden";
const all = (selector, root) => [...(root || document).querySelectorAll(selector)];
const best = (elements, text, name) => {
  const shown = elements.filter(seen), low = text.toLowerCase(), of = e => name(e).toLowerCase();
  const found = shown.find(e => name(e) === text) || shown.find(e => of(e) === low) || shown.find(e => of(e).startsWith(low)) || shown.find(e => of(e).includes(low));
  if (!found) throw new Error("nothing says " + JSON.stringify(text) + " among " + JSON.stringify(shown.map(name).slice(0, 60)));
  return found;
};
const pressable = (text, root) => best(all("a[href],button,summary,input[type=submit]", root), text, says);
const part = text => {
  const parts = all("tr,li,fieldset,section,article,form,details").filter(e => seen(e) && says(e).includes(text));
  if (!parts.length) throw new Error("no part says " + JSON.stringify(text));
  return parts.reduce((a, b) => b.textContent.length < a.textContent.length ? b : a);
};
const labelOf = l => l.getAttribute("aria-label") || [...l.childNodes].filter(n => !(n.matches && n.matches("select,textarea"))).map(n => n.innerText || n.textContent).join(" ").trim().replace(/\s+/g, " ");
const field = text => {
  const labels = all("label").filter(l => l.control && !l.control.disabled);
  return best(labels, text, labelOf).control;
};
const ready = (label, value) => {
  const f = field(label);
  f.focus();
  if (f.tagName === "SELECT") {
    const o = [...f.options].find(o => o.value === value || o.text.trim() === value);
    if (!o) throw new Error(label + " has no " + value);
    f.value = o.value;
    f.dispatchEvent(new Event("input", {bubbles: true}));
    f.dispatchEvent(new Event("change", {bubbles: true}));
    return false;
  }
  if (["number", "date", "datetime-local", "time", "email"].includes(f.type)) f.value = ""; else f.setSelectionRange(0, f.value.length);
  if (["date", "datetime-local", "time"].includes(f.type)) { f.value = value; return false; }
  if (value === "") { f.value = ""; return false; }
  return true;
};
// The middle of what is to be pressed, and nothing lies over it.
const spot = e => {
  e.scrollIntoView({block: "center", inline: "center", behavior: "instant"});
  const box = e.getClientRects()[0], x = box.left + box.width / 2, y = box.top + box.height / 2;
  const there = document.elementFromPoint(x, y);
  if (!there || !(e.contains(there) || there.contains(e))) throw new Error(says(e) + " lies under " + (there && there.outerHTML.slice(0, 200)));
  return {x, y};
};
