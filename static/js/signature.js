// Draws a signature with mouse, pen or finger and keeps its strokes as an SVG path. Without it one
// types the name instead.

const pad = document.querySelector("[data-signature]");
if (pad) {
  const path = pad.querySelector("path");
  const kept = document.getElementById(pad.dataset.signature);
  const drawn = document.querySelector("input[name=how][value=drawn]");
  let drawing = false;

  const add = (letter, event) => {
    const box = pad.getBoundingClientRect();
    const x = Math.round(((event.clientX - box.left) / box.width) * 600);
    const y = Math.round(((event.clientY - box.top) / box.height) * 150);
    if (kept.value.length > 19000) return;
    kept.value += `${letter}${Math.min(600, Math.max(0, x))} ${Math.min(150, Math.max(0, y))}`;
    path.setAttribute("d", kept.value);
  };
  pad.addEventListener("pointerdown", (event) => {
    drawing = true;
    drawn.checked = true;
    pad.setPointerCapture(event.pointerId);
    add("M", event);
  });
  pad.addEventListener("pointermove", (event) => drawing && add("L", event));
  pad.addEventListener("pointerup", () => (drawing = false));
  document.querySelector("[data-signature-clear]").addEventListener("click", () => {
    kept.value = "";
    path.removeAttribute("d");
  });
  path.setAttribute("d", kept.value);
}
