// Leaves at once and takes the page's place in the history; Escape three times does the same.
const exit = document.querySelector("[data-quick-exit]");
const leave = () => {
  document.body.hidden = true;
  window.location.replace(exit.href);
};
exit.addEventListener("click", (event) => {
  event.preventDefault();
  leave();
});
let pressed = [];
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  const now = Date.now();
  pressed = [...pressed.filter((moment) => now - moment < 2000), now];
  if (pressed.length >= 3) leave();
});
