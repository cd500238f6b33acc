// Says in words why a passkey did not work; the browser's own message is for programmers.
(() => {
  "use strict";
  const WORDS = {
    NotAllowedError: "It was cancelled, took too long, or this device has no passkey for you. Try again, or use another way.",
    InvalidStateError: "This device has a passkey for you already. Use it, or set up another device.",
    ConstraintError: "This key can't log you in alone. Untick “Log in with it alone”, or use another key.",
    NotSupportedError: "This key can't be used here. Use another key, or another way.",
    SecurityError: "Passkeys don't work at this address. Use another way.",
    TypeError: "This browser can't use passkeys. Use another browser, or another way.",
  };
  document.addEventListener("allauth.error", (event) => {
    const place = document.getElementById("passkey-error");
    const failure = event.detail && event.detail.exception;
    if (!place) return;
    event.preventDefault();
    place.textContent = WORDS[failure && failure.name] || "The passkey did not work. Try again, or use another way.";
    place.hidden = false;
    place.focus();
  });
})();
