// What textual-serve's script leaves out: keys reach the terminal without a click first, and the token leaves the
// address bar, so that neither the history nor a picture of the window holds it.
window.history.replaceState(null, "", "/");
new MutationObserver((changes, observer) => {
  const keys = document.querySelector(".xterm-helper-textarea");
  if (keys) {
    observer.disconnect();
    keys.focus();
  }
}).observe(document, { childList: true, subtree: true });
