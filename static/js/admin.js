// Keys for people who spend their day here; the dialog under "?" lists them.
const rows = () => [...document.querySelectorAll("#result_list tbody tr")];
const link = (row) => row?.querySelector("th a, td a");

function step(by) {
  const all = rows();
  const at = all.findIndex((row) => row.contains(document.activeElement));
  const next = at === -1 ? (by > 0 ? 0 : all.length - 1) : at + by;
  link(all[Math.min(Math.max(next, 0), all.length - 1)])?.focus();
}

// Along the tabs of a customer's page.
function tab(by) {
  const all = [...document.querySelectorAll(".tabs a")];
  all[all.findIndex((one) => one.hasAttribute("aria-current")) + by]?.click();
}

const keys = {
  ArrowLeft: () => tab(-1),
  ArrowRight: () => tab(1),
  c: () => document.querySelector("[data-key=c]")?.click(),
  "/": () => document.querySelector("#searchbar")?.focus(),
  j: () => step(1),
  k: () => step(-1),
  g: () => document.querySelector("#site-name a")?.click(),
  "?": () => document.querySelector("#keys")?.showModal(),
};

// Arrows move along the tabs where there are any, and scroll what scrolls as ever.
const scrolls = (event) =>
  event.key.startsWith("Arrow") &&
  (!document.querySelector(".tabs") || event.target.closest("[tabindex='0']"));

document.addEventListener("keydown", (event) => {
  if (scrolls(event)) return;
  const typing = event.target.closest("input, textarea, select, [contenteditable], dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
  event.preventDefault();
  keys[event.key]();
});

// A field with suggestions is drawn by a script that leaves out what it is called.
function nameSuggesting() {
  for (const field of document.querySelectorAll("select.admin-autocomplete")) {
    const label = document.querySelector(`label[for="${field.id}"]`);
    const shown = field.nextElementSibling?.querySelector(".select2-selection__rendered");
    if (!label || !shown) continue;
    label.id ||= `${field.id}-label`;
    shown.setAttribute("aria-labelledby", label.id);
    shown.closest(".select2-selection").setAttribute("aria-labelledby", `${label.id} ${shown.id}`);
  }
}
window.addEventListener("load", nameSuggesting);
document.addEventListener("formset:added", () => setTimeout(nameSuggesting));
